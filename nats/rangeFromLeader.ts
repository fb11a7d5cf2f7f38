/** A range of a stream message by message from its leader: slow, and the last word on what the stream holds. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "./NatsConnection.ts"
import { NatsError } from "./NatsError.ts"
import { atFromLeader } from "./read.ts"
import type { StoredMessage } from "./StoredMessage.ts"

/** The messages from `from` up to, not including, `to`; fails with `NotFound` at the first that is truly missing. */
export const rangeFromLeader = Effect.fnUntraced(function* (
  connection: Connection,
  stream: string,
  from: number,
  to: number
) {
  const messages: Array<StoredMessage> = []
  for (let seq = from; seq < to; seq++) {
    const message = yield* atFromLeader(connection, stream, seq)
    if (Option.isNone(message)) {
      const detail = `message ${seq} of ${stream} is missing, also at the leader`
      return yield* new NatsError({ operation: `read ${stream}`, reason: "NotFound", detail })
    }
    messages.push(message.value)
  }
  return messages
})
