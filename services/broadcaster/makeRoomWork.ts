/** What a room may have to wait for: keys and missing events. It waits for ever, in order, and never skips (invariant I5). */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { RoomSocket } from "./Broadcaster.ts"
import { count } from "./metrics.ts"
import { openStored } from "./openStored.ts"
import { readAfter } from "./readRoom.ts"
import type { RoomWork } from "./RoomFeed.ts"

export interface RoomWorkOptions {
  readonly connection: Connection
  readonly keyring: Keyring["Service"]
  /** Starts an effect at once in a fiber that ends with the service. What needs no waiting is done when it returns. */
  readonly run: (effect: Effect.Effect<void>) => void
  readonly forget: (socket: RoomSocket) => void
}

const RETRY = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("2 seconds")]).pipe(Schedule.jittered)

/** Tries again for ever. Each failure is counted; the first of a row is told to the operator. */
const insist = <A, E>(what: string, effect: Effect.Effect<A, E>): Effect.Effect<A> => {
  let told = false
  return effect.pipe(
    Effect.tapError((error) => {
      count.retries(1)
      if (told) return Effect.void
      told = true
      return Effect.logWarning(`a room waits: ${what}`, error)
    }),
    Effect.retry(RETRY),
    // The schedule has no end: there is no error left.
    Effect.orDie
  )
}

export const makeRoomWork = ({ connection, keyring, run, forget }: RoomWorkOptions): RoomWork => ({
  open: (room, event, done) => {
    const attempt = openStored(keyring, room, event)
    let returned = false
    let opened: RoomEvent | undefined
    run(
      attempt.pipe(
        // Only here is a schedule made: nearly always the key is at hand.
        Effect.catch(() => insist("a key is out of reach", attempt)),
        Effect.map((result) => {
          if (returned) done(result)
          else opened = result
        })
      )
    )
    returned = true
    return opened
  },
  repair: (room, after, through, done) => {
    count.gaps(1)
    run(
      Effect.map(insist("missing events cannot be read", readAfter(connection, room, after, through)), (messages) => {
        count.repaired(messages.length)
        // What stood before each is linked by the chain: here only their order is known.
        done(messages.map((message) => ({ message, seq: message.seq, prev: 0 })))
      })
    )
  },
  forget
})
