/** Where a client finds the server. */
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"

export const DEFAULT_URL = "ws://127.0.0.1:8080"

const isServer = (text: string): boolean | string => {
  const url = URL.parse(text)
  return (
    (url !== null && /^wss?:$/.test(url.protocol) && url.pathname === "/") || "must be ws://HOST:PORT or wss://HOST"
  )
}

export const urlFlag = Flag.String("url").pipe(
  Flag.withDescription(`Address of the server (default: ${DEFAULT_URL})`),
  Flag.withDefault(DEFAULT_URL),
  Flag.withSchema(Schema.String.check(Schema.makeFilter(isServer)))
)
