/**
 * Feeds the sockets of a room: history first, then live, with no hole and no repeat (invariant I5, I6). It knows sockets only
 * as places to put finished frames; the edge knows rooms only by joining and leaving them.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { EventId } from "#libs/domain/EventId.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"

/** One reader's end of its rooms; an `Outbox` is one. */
export interface RoomSocket {
  /**
   * Queues a buffer of finished WebSocket frames, `frames` of them (one when left out). Returns false when the reader was
   * cut off because its queue is full, or is gone: the caller forgets it and goes on with the room (invariant I9).
   */
  readonly offer: (buffer: Buffer, frames?: number) => boolean
  /** True while nothing waits for this reader: a room's history is queued only then, so that many joins are no overflow. */
  readonly ready: () => boolean
}

export class JoinError extends Data.TaggedError("JoinError")<{
  /** `unavailable`: the room could not be read whole, or too many rooms are open; the socket is in no room by this call. */
  readonly reason: "unavailable"
}> {
  readonly retryable = true
}

export class Broadcaster extends Context.Service<
  Broadcaster,
  {
    /**
     * Sends the room's newest messages, oldest first, then everything after them. At most `limit` messages, 200, and
     * 512 KiB. Joining twice changes nothing.
     */
    readonly join: (socket: RoomSocket, room: RoomId, limit: number) => Effect.Effect<void, JoinError>
    readonly leave: (socket: RoomSocket, room: RoomId) => void
    /** Forgets a closed socket in all its rooms. */
    readonly leaveAll: (socket: RoomSocket) => void
    /** Sends one socket the stored message again, marked `duplicate`: the answer to a retry. Nothing, if not annotated yet. */
    readonly repeat: (socket: RoomSocket, room: RoomId, id: EventId) => Effect.Effect<void, JoinError>
    /** True while live events reach this process: its connection stands and room heads were confirmed lately. */
    readonly isLive: () => boolean
  }
>()("attune/broadcaster/Broadcaster") {}
