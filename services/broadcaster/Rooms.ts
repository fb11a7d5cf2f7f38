/**
 * The rooms this process listens to, and who is where in them. A room is opened by its first reader and closed a while
 * after its last one left, since people come back.
 */
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { listenLive } from "#nats/live.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { liveSubject } from "#nats/Subjects.ts"
import type { RoomSocket } from "./Broadcaster.ts"
import { roomsOpen } from "./metrics.ts"
import { Places } from "./Places.ts"
import { RoomFeed, type RoomWork } from "./RoomFeed.ts"

interface OpenRoom {
  readonly feed: RoomFeed
  readonly stopListening: () => void
  /** Sweeps since somebody was here, and since somebody joined. */
  emptyFor: number
  unjoinedFor: number
}

/** How many sweeps (one a second) an empty room is kept, and a room's newest messages for those who may join. */
const LINGER_SWEEPS = 5
const TAIL_SWEEPS = 10

/** Rooms one process listens to: each costs a subscription and its newest messages, and anybody can name a new one. */
export const MAX_OPEN_ROOMS = 20_000

export class Rooms {
  readonly #connection: Connection
  readonly #work: RoomWork
  readonly #onListenError: (error: NatsError) => void
  readonly #maxOpen: number
  readonly #open = new Map<RoomId, OpenRoom>()
  readonly #places = new Places<RoomSocket, RoomFeed>()

  constructor(connection: Connection, work: RoomWork, onListenError: (error: NatsError) => void, maxOpen: number) {
    this.#connection = connection
    this.#work = work
    this.#onListenError = onListenError
    this.#maxOpen = maxOpen
  }

  get names(): ReadonlyArray<RoomId> {
    return [...this.#open.keys()]
  }

  /**
   * The room's feed; its reader-to-be is remembered, so that leaving also ends joining. Undefined when the room is not open
   * and as many as may be are.
   */
  enter(socket: RoomSocket, room: RoomId): RoomFeed | undefined {
    const opened = this.#open.get(room) ?? (this.#open.size < this.#maxOpen ? this.#start(room) : undefined)
    if (opened === undefined) return undefined
    opened.unjoinedFor = 0
    if (!opened.feed.has(socket)) {
      opened.feed.joining.add(socket)
      this.#places.add(socket, opened.feed)
    }
    return opened.feed
  }

  leave(socket: RoomSocket, room: RoomId): void {
    const feed = this.#open.get(room)?.feed
    if (feed === undefined) return
    feed.remove(socket)
    this.#places.delete(socket, feed)
  }

  leaveAll(socket: RoomSocket): void {
    for (const feed of this.#places.take(socket)) feed.remove(socket)
  }

  learnHead(room: RoomId, head: number): void {
    this.#open.get(room)?.feed.learnHead(head)
  }

  /** To be called once a second: closes rooms without readers, forgets histories that nobody asks for. */
  sweep(): void {
    for (const [room, opened] of this.#open) {
      opened.emptyFor = opened.feed.isEmpty ? opened.emptyFor + 1 : 0
      if (opened.feed.joining.size === 0 && ++opened.unjoinedFor > TAIL_SWEEPS) opened.feed.dropTail()
      if (opened.emptyFor > LINGER_SWEEPS) this.#stop(room, opened)
    }
  }

  closeAll(): void {
    for (const [room, opened] of this.#open) this.#stop(room, opened)
  }

  #start(room: RoomId): OpenRoom {
    const feed = new RoomFeed(room, this.#work)
    const stopListening = listenLive(this.#connection, liveSubject(room), {
      onMessage: (message, prev) => feed.receive(message, prev),
      onError: this.#onListenError
    })
    const opened = { feed, stopListening, emptyFor: 0, unjoinedFor: 0 }
    this.#open.set(room, opened)
    roomsOpen(this.#open.size)
    return opened
  }

  #stop(room: RoomId, { feed, stopListening }: OpenRoom): void {
    stopListening()
    feed.close()
    this.#open.delete(room)
    roomsOpen(this.#open.size)
  }
}
