/** Reading one room's events from the stream itself: what live delivery lost, and history while the read model is away. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { directGet, nextFromLeader } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"

/** One read takes at most so much, so that a long gap is repaired in steps of bounded size. */
const READ = { batch: 256, max_bytes: 1024 * 1024 } as const

const notThere = (detail: string) => new NatsError({ operation: "read a room", reason: "Unavailable", detail })

/**
 * The room's next events after a sequence, up to `through`, which is known to be one: at least one, not always all. A
 * replica that lags behind has none; then the leader is asked.
 */
export const readAfter = Effect.fnUntraced(function* (
  connection: Connection,
  room: RoomId,
  after: number,
  through: number
) {
  const subject = annotatedSubject(room)
  const read = yield* directGet(connection, ANN, { seq: after + 1, next_by_subj: subject, ...READ })
  const wanted = read.filter(({ seq }) => seq > after && seq <= through)
  if (wanted.length > 0) return wanted
  const first = yield* nextFromLeader(connection, ANN, subject, after + 1)
  if (Option.isSome(first) && first.value.seq <= through) return [first.value]
  return yield* notThere("the stream does not have what its head promised")
})

/** How many of the room's events stand at or after `seq`: what a read would send, by the server's own count. */
const countFrom = (connection: Connection, room: RoomId, seq: number) =>
  Effect.map(directGet(connection, ANN, { seq, next_by_subj: annotatedSubject(room), batch: 1 }), ([first]) =>
    first === undefined ? 0 : 1 + Number(first.headers.get("Nats-Num-Pending"))
  )

/**
 * A sequence from which at least `wanted` of the room's events stand up to `through`, and not many more; 1 if there are
 * not so many. Found by bisection, so that a long room costs no more than some thirty small questions.
 */
const startFor = Effect.fnUntraced(function* (connection: Connection, room: RoomId, through: number, wanted: number) {
  const countIn = (seq: number) =>
    // Counted in this order, an event that arrives in between makes the answer too small, never too large.
    Effect.flatMap(countFrom(connection, room, seq), (all) =>
      Effect.map(countFrom(connection, room, through + 1), (beyond) => all - beyond)
    )
  let [enough, tooFew] = [1, through + 1]
  while (tooFew - enough > wanted) {
    const middle = Math.floor((enough + tooFew) / 2)
    const found = yield* countIn(middle)
    if (found >= wanted) enough = middle
    else tooFew = middle
    if (found >= wanted && found <= 2 * wanted) return middle
  }
  return enough
})

/** The room's newest `limit` events up to `through`, which is one of them, oldest first; and the one before, if any. */
export const readNewest = Effect.fnUntraced(function* (
  connection: Connection,
  room: RoomId,
  through: number,
  limit: number
) {
  const wanted = limit + 1
  let after = (yield* startFor(connection, room, through, wanted)) - 1
  let newest: ReadonlyArray<StoredMessage> = []
  while (after < through) {
    const read = yield* readAfter(connection, room, after, through)
    newest = [...newest, ...read].slice(-wanted)
    after = newest.at(-1)?.seq ?? through
  }
  return newest
})
