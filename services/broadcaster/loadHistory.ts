/**
 * A room's newest entries up to a given one, whole: from the read model if it is at least so fresh, else from the stream,
 * so that joining works while the read model is away, behind or being rebuilt.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import type { HistoryClient } from "#libs/history/HistoryClient.ts"
import { HistoryError } from "#libs/history/HistoryClient.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { JoinError } from "./Broadcaster.ts"
import { count } from "./metrics.ts"
import { openStored } from "./openStored.ts"
import { readNewest } from "./readRoom.ts"

export interface HistorySources {
  readonly connection: Connection
  readonly keyring: Keyring["Service"]
  readonly history: HistoryClient["Service"]
}

/** Someone waits to get in: a read model that does not answer in this time is passed over. */
const MODEL_WITHIN = "1500 millis"
/** Keys may be out of reach for a moment (a leader election). */
const KEY_RETRIES = Schedule.max([Schedule.exponential("50 millis"), Schedule.recurs(5)])

const behind = new HistoryError({ reason: "lagging", retryable: true })

/** Pages are bounded in bytes, so a few may be needed; each must end just before the one that was read before it. */
const fromModel = Effect.fnUntraced(function* (
  { history }: HistorySources,
  room: RoomId,
  through: number,
  limit: number
) {
  const pages: Array<ReadonlyArray<RoomEvent>> = []
  let missing = limit
  let last = through
  while (last > 0 && missing > 0) {
    const page = yield* history.page({ room, before: last + 1, limit: missing, at_least: through })
    // The model says it is fresh enough; if it misses an event all the same, the stream has it.
    if (page.events.at(-1)?.seq !== last) return yield* behind
    pages.unshift(page.events)
    missing -= page.events.length
    last = page.events[0]?.prev ?? 0
  }
  return pages.flat()
})

const fromStream = Effect.fnUntraced(function* (
  { connection, keyring }: HistorySources,
  room: RoomId,
  through: number,
  limit: number
) {
  count.streamLoads(1)
  const stored = yield* readNewest(connection, room, through, limit)
  const linked = stored.map((message, index) => ({ message, seq: message.seq, prev: stored[index - 1]?.seq ?? 0 }))
  return yield* Effect.forEach(linked.slice(-limit), (event) =>
    openStored(keyring, room, event).pipe(Effect.retry({ while: (error) => error.retryable, schedule: KEY_RETRIES }))
  )
})

/** `through` is the sequence of one of the room's entries, the newest to be given; 0: the room has none. */
export const loadHistory = (
  sources: HistorySources,
  room: RoomId,
  through: number,
  limit: number
): Effect.Effect<ReadonlyArray<RoomEvent>, JoinError> => {
  if (through === 0 || limit === 0) return Effect.succeed([])
  count.historyLoads(1)
  return fromModel(sources, room, through, limit).pipe(
    Effect.timeoutOrElse({ duration: MODEL_WITHIN, orElse: () => Effect.fail(behind) }),
    Effect.catch((error) =>
      Effect.andThen(
        Effect.logDebug("reading history from the stream", error.reason),
        fromStream(sources, room, through, limit)
      )
    ),
    Effect.catch((error) =>
      Effect.andThen(Effect.logWarning("no history", error), Effect.fail(new JoinError({ reason: "unavailable" })))
    )
  )
}
