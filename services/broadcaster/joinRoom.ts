/**
 * Letting a reader in: live first and held, then the room's head, then history up to it, then what was held (invariant I6).
 * A thousand readers who join one room at once share one reading of its history, and its frames.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RoomId } from "#libs/domain/RoomId.ts"
import { MAX_PAGE_EVENTS } from "#libs/history/HistoryProtocol.ts"
import { lastFromLeader } from "#nats/read.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"
import { JoinError, type RoomSocket } from "./Broadcaster.ts"
import { type HistorySources, loadHistory } from "./loadHistory.ts"
import type { RoomFeed } from "./RoomFeed.ts"
import type { Rooms } from "./Rooms.ts"

/** A reader with a full line is looked at again after this, and given up after that. */
const READY_POLL = "20 millis"
const READY_POLLS = 1_500

const unavailable = new JoinError({ reason: "unavailable" })

/** Reads what those who join are to be given, and starts the room's live feed if that was not done yet. */
const load = (sources: HistorySources, feed: RoomFeed, depth: number): Effect.Effect<void, JoinError> =>
  Effect.gen(function* () {
    const found = yield* lastFromLeader(sources.connection, ANN, annotatedSubject(feed.room)).pipe(
      Effect.mapError(() => unavailable)
    )
    const head = Option.match(found, { onNone: () => 0, onSome: ({ seq }) => seq })
    const through = feed.beginTail(depth, head)
    feed.learnHead(head)
    feed.completeTail(through, yield* loadHistory(sources, feed.room, through, depth))
  }).pipe(Effect.onError(() => Effect.sync(() => feed.dropTail())))

export const makeJoin = (sources: HistorySources, rooms: Rooms, run: (effect: Effect.Effect<void>) => void) => {
  const loading = new Map<RoomFeed, Deferred.Deferred<void, JoinError>>()

  /** One reading at a time for all who wait, in a fiber of its own: the one who asked first may go away. */
  const shared = (feed: RoomFeed, depth: number): Effect.Effect<void, JoinError> => {
    const under = loading.get(feed)
    if (under !== undefined) return Deferred.await(under)
    const done = Deferred.makeUnsafe<void, JoinError>()
    loading.set(feed, done)
    run(
      load(sources, feed, depth).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            loading.delete(feed)
            Deferred.doneUnsafe(done, exit)
          })
        ),
        // Those who wait have the error.
        Effect.ignore
      )
    )
    return Deferred.await(done)
  }

  const wait = Effect.fnUntraced(function* (feed: RoomFeed, socket: RoomSocket, limit: number) {
    let polls = 0
    // Leaving, or closing the socket, ends its joining too.
    while (feed.joining.has(socket)) {
      if (!feed.covers(limit)) yield* shared(feed, limit)
      else if (socket.ready()) feed.admit(socket, limit)
      else yield* ++polls > READY_POLLS ? Effect.fail(unavailable) : Effect.sleep(READY_POLL)
    }
  })

  return (socket: RoomSocket, room: RoomId, wanted: number): Effect.Effect<void, JoinError> =>
    Effect.suspend(() => {
      const limit = Math.min(wanted, MAX_PAGE_EVENTS)
      const feed = rooms.enter(socket, room)
      if (feed === undefined) return Effect.fail(unavailable)
      return wait(feed, socket, limit).pipe(Effect.onError(() => Effect.sync(() => rooms.leave(socket, room))))
    })
}
