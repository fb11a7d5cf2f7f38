/** One WebSocket from opening to its end, whatever ends it. Why it ended decides whether to come back. */
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import { mayComeBack } from "#libs/protocol/closeCodes.ts"

/** The server pings every 25 s; without a sign for this long the line is dead, though nobody said so. */
const SILENCE_MS = 60_000
const CONNECT_MS = 5_000
/** How long a server may take to answer our goodbye. */
const GOODBYE_MS = 500

export interface Ended {
  readonly reason: string
  /** Coming back would lead to the same end. */
  readonly forGood: boolean
  readonly wasOpen: boolean
}

interface Handlers {
  readonly onOpen: (send: (text: string) => void) => void
  readonly onText: (text: string) => void
}

const reasonOf = (code: number, reason: string): string => {
  if (reason !== "") return reason
  return code === 1006 ? "connection lost" : `closed with ${code}`
}

/** Holds a connection until it ends; interruption says goodbye and lets go. */
export const holdConnection = (address: string, { onOpen, onText }: Handlers): Effect.Effect<Ended> =>
  Effect.callback<Ended>((resume) => {
    const socket = new WebSocket(address, { perMessageDeflate: false, handshakeTimeout: CONNECT_MS })
    let wasOpen = false
    let failure: string | undefined
    let refusal: string | undefined

    const silence = setTimeout(() => socket.terminate(), SILENCE_MS)
    const heard = () => silence.refresh()

    socket.on("open", () => {
      wasOpen = true
      heard()
      onOpen((text) => socket.send(text))
    })
    socket.on("ping", heard)
    socket.on("message", (data, isBinary) => {
      heard()
      if (!isBinary && data instanceof Buffer) onText(data.toString())
    })
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      if (statusCode >= 400 && statusCode < 500) refusal = `HTTP status ${statusCode}`
      failure = `HTTP status ${statusCode}`
      socket.terminate()
    })
    socket.on("error", (error) => {
      failure ??= "code" in error && typeof error.code === "string" ? error.code : error.message
    })
    socket.on("close", (code, reason) => {
      clearTimeout(silence)
      resume(
        Effect.succeed({
          reason: refusal ?? failure ?? reasonOf(code, reason.toString()),
          forGood: refusal !== undefined || !mayComeBack(code),
          wasOpen
        })
      )
    })
    return Effect.sync(() => {
      clearTimeout(silence)
      socket.removeAllListeners("close")
      socket.close(1000)
      setTimeout(() => socket.terminate(), GOODBYE_MS).unref()
    })
  })
