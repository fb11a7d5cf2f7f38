/** Where a client finds the server. */
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"

const isServer = (text: string): boolean | string => {
  const url = URL.parse(text)
  return (
    (url !== null && /^wss?:$/.test(url.protocol) && url.pathname === "/") || "must be ws://HOST:PORT or wss://HOST"
  )
}

export const urlFlag = Flag.String("url").pipe(
  Flag.withDescription("Address of the server (default: ws://127.0.0.1:8080)"),
  Flag.withDefault("ws://127.0.0.1:8080"),
  Flag.withSchema(Schema.String.check(Schema.makeFilter(isServer)))
)
