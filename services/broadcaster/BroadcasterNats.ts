/** The broadcaster over the broker: live events by core subscriptions, history from the read model, repair from the stream. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { plainMessage } from "#libs/protocol/plainMessage.ts"
import { textFrame } from "#libs/socket/frame.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { lastFromLeader } from "#nats/read.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"
import { Broadcaster, JoinError, type RoomSocket } from "./Broadcaster.ts"
import { makeJoin } from "./joinRoom.ts"
import { makeRoomWork } from "./makeRoomWork.ts"
import { count } from "./metrics.ts"
import { MAX_OPEN_ROOMS, Rooms } from "./Rooms.ts"
import { compareHeads } from "./watchHeads.ts"

export interface BroadcasterOptions {
  /** How often room heads are compared, in milliseconds; at once after a reconnect. */
  readonly headsEveryMs: number
  /** Rooms that may be open at once: a further one is not opened, and joining it fails as unavailable. */
  readonly maxOpenRooms: number
}

const DEFAULTS: BroadcasterOptions = { headsEveryMs: 3_000, maxOpenRooms: MAX_OPEN_ROOMS }

/** After a comparison that failed, the next one comes sooner. */
const AGAIN_AFTER_MS = 500
/** Heads confirmed longer ago than this are no longer a sign of life. */
const LIVE_FOR_MS = 10_000

const make = Effect.fnUntraced(function* ({ headsEveryMs, maxOpenRooms }: BroadcasterOptions) {
  const connection = yield* NatsConnection
  const keyring = yield* Keyring
  const history = yield* HistoryClient
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  // Nobody joins these fibers: a defect in one would otherwise be silent.
  const run = (effect: Effect.Effect<void>): void => {
    fork(Effect.tapDefect(effect, (defect) => Effect.logError("the broadcaster failed", defect)))
  }

  const rooms: Rooms = new Rooms(
    connection,
    makeRoomWork({ connection, keyring, run, forget: (socket: RoomSocket) => rooms.leaveAll(socket) }),
    (error) => run(Effect.logError("a room's live events cannot be heard", error)),
    maxOpenRooms
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => rooms.closeAll()))
  yield* Effect.sync(() => rooms.sweep()).pipe(
    Effect.delay("1 second"),
    Effect.forever,
    forkForever("the broadcaster's sweep")
  )

  let confirmedAt = -Infinity
  const reconnected = yield* Queue.sliding<void>(1)
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      connection.onChange((change) => {
        if (change === "reconnected") Queue.offerUnsafe(reconnected, undefined)
      })
    ),
    (forget) => Effect.sync(forget)
  )
  const compare = Effect.suspend(() => {
    count.headChecks(1)
    return compareHeads(connection, rooms.names, (room, head) => rooms.learnHead(room, head))
  }).pipe(
    Effect.match({
      onSuccess: () => {
        confirmedAt = performance.now()
        return headsEveryMs
      },
      onFailure: () => {
        count.headCheckFailures(1)
        return AGAIN_AFTER_MS
      }
    })
  )
  yield* compare.pipe(
    Effect.flatMap((pause) => Queue.take(reconnected).pipe(Effect.timeoutOption(pause))),
    Effect.forever,
    forkForever("the broadcaster's watch over heads")
  )

  return Broadcaster.of({
    join: makeJoin({ connection, keyring, history }, rooms, run),
    leave: (socket, room) => rooms.leave(socket, room),
    leaveAll: (socket) => rooms.leaveAll(socket),
    repeat: (socket, room, id) =>
      // The read model may be a moment behind what the room was given: an older answer would say that there is nothing.
      lastFromLeader(connection, ANN, annotatedSubject(room)).pipe(
        Effect.flatMap((head) =>
          history.find({ room, id, at_least: Option.match(head, { onNone: () => 0, onSome: ({ seq }) => seq }) })
        ),
        Effect.mapError(() => new JoinError({ reason: "unavailable" })),
        Effect.map(({ event }) => {
          if (event?.kind === "message") socket.offer(textFrame(plainMessage(event, "duplicate")))
        })
      ),
    isLive: () => connection.isConnected() && performance.now() - confirmedAt < LIVE_FOR_MS
  })
})

export const layer = (
  options: Partial<BroadcasterOptions> = {}
): Layer.Layer<Broadcaster, never, NatsConnection | Keyring | HistoryClient> =>
  Layer.effect(Broadcaster, make({ ...DEFAULTS, ...options }))
