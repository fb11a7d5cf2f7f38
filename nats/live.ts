/** Listening to what the server republishes of a stream: at most once, so every reader repairs what it misses. */
import type { Connection } from "./NatsConnection.ts"
import { NatsError, natsErrorOf } from "./NatsError.ts"
import { storedMessageOf } from "./read.ts"
import type { StoredMessage } from "./StoredMessage.ts"

export interface LiveListener {
  /** `prev` is the sequence of the message before this one on the same subject of the stream; 0: none. */
  readonly onMessage: (message: StoredMessage, prev: number) => void
  /** The subscription is refused, or a message is not a republished one. */
  readonly onError: (error: NatsError) => void
}

const OPERATION = "listen"

/** Calls back for each republished message of a subject until the returned function is called. */
export const listenLive = (
  { raw }: Connection,
  subject: string,
  { onMessage, onError }: LiveListener
): (() => void) => {
  const subscription = raw.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return onError(natsErrorOf(OPERATION)(error))
      const stored = storedMessageOf(message)
      const prev = Number(message.headers?.get("Nats-Last-Sequence"))
      if (stored === undefined || !Number.isSafeInteger(prev)) {
        return onError(new NatsError({ operation: OPERATION, reason: "Protocol", detail: "no position in its stream" }))
      }
      onMessage(stored, prev)
    }
  })
  return () => subscription.unsubscribe()
}
