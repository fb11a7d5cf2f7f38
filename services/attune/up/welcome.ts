/** What a person reads when Attune is ready: where it is, what to try next, how to stop. Pure. */

export interface Running {
  readonly address: { readonly http: string; readonly chat: string; readonly port: number }
  readonly broker: string
  readonly dataDir: string
}

const DEFAULT_HTTP = "http://127.0.0.1:8080"

export const welcome = ({ address, broker, dataDir }: Running): string => {
  const url = address.http === DEFAULT_HTTP ? "" : ` --url ${address.http.replace(/^http/, "ws")}`
  return `
Attune is ready.

  chat     ${address.chat}
  health   ${address.http}/readyz
  broker   ${broker}
  data     ${dataDir}

Try next, each in a terminal of its own:
  npm run chat -- --room lobby --user ana${url}
  npm run chat -- --room lobby --user ben${url}
  curl ${address.http}/readyz

It listens on this machine only, since there is no identity yet. Ctrl-C stops it; the data folder keeps everything.
`
}
