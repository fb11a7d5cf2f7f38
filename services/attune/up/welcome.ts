/** What a person reads when Attune is ready: where it is, what to try next, how to stop. Pure. */

import type { Durability } from "#nats/durability.ts"

export interface Running {
  readonly address: { readonly http: string; readonly chat: string }
  readonly broker: string
  readonly dataDir: string
  /** What an acknowledgement is worth here. */
  readonly durability: Durability
}

const DEFAULT_HTTP = "http://127.0.0.1:8080"

const DURABLE: Readonly<Record<Durability["_tag"], string>> = {
  always: "on disk before it is acknowledged",
  interval: "acknowledged BEFORE it is on disk, as ATTUNE_DURABILITY accepts",
  unverified: "perhaps acknowledged before it is on disk (not verified), as ATTUNE_DURABILITY accepts"
}

export const welcome = ({ address, broker, dataDir, durability }: Running): string => {
  const url = address.http === DEFAULT_HTTP ? "" : ` --url ${address.http.replace(/^http/, "ws")}`
  return `
Attune is ready.

  chat     ${address.chat}
  health   ${address.http}/readyz
  broker   ${broker}
  data     ${dataDir}
  messages ${DURABLE[durability._tag]}

Try next, each in a terminal of its own:
  npm run chat -- --room lobby --user ana${url}
  npm run chat -- --room lobby --user ben${url}
  curl ${address.http}/readyz

It listens on this machine only, since there is no identity yet. Ctrl-C stops it; the data folder keeps everything.
`
}
