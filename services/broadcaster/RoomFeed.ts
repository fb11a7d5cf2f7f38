/**
 * One room's readers and the place up to which they were all given everything. Events leave one after the other: while one
 * waits for its key, or a gap is being repaired, those behind it wait too.
 *
 * Plain code on purpose: this runs for each message and its readers, where a fiber would cost more than the work. What may
 * suspend is handed to `RoomWork`, which calls back.
 */
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import { plainMessage } from "#libs/protocol/plainMessage.ts"
import { textFrame } from "#libs/socket/frame.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import type { RoomSocket } from "./Broadcaster.ts"
import { count } from "./metrics.ts"
import type { StoredEvent } from "./openStored.ts"
import { advance, chainAt, fill, hold, learnHead, next, type RoomChain, startAt } from "./roomChain.ts"
import { appendTo, emptyTail, newestOf, prependTo, type RoomTail, type TailEntry } from "./roomTail.ts"

/** What a feed needs done that may take time. It is done in the end, however often it must be tried. */
export interface RoomWork {
  /** The opened event, if its key is at hand; otherwise undefined now, and `done` is called later. */
  readonly open: (room: RoomId, event: StoredEvent, done: (opened: RoomEvent) => void) => RoomEvent | undefined
  /** Reads on after `after`; `done` is called later, with at least one event up to `through`. */
  readonly repair: (
    room: RoomId,
    after: number,
    through: number,
    done: (events: ReadonlyArray<StoredEvent>) => void
  ) => void
  /** A reader was cut off, or is gone. */
  readonly forget: (socket: RoomSocket) => void
}

const framesOf = (events: ReadonlyArray<RoomEvent>): ReadonlyArray<TailEntry> =>
  events.flatMap((event) =>
    event.kind === "message" ? [{ seq: event.seq, frame: textFrame(plainMessage(event)) }] : []
  )

export class RoomFeed {
  readonly room: RoomId
  /** Readers that are still to be given the room's history. */
  readonly joining = new Set<RoomSocket>()
  readonly #work: RoomWork
  readonly #members = new Set<RoomSocket>()
  #chain: RoomChain<StoredEvent> = chainAt(0)
  /** False until history told where live begins; events are held until then. */
  #started = false
  #busy = false
  #closed = false
  #tail: RoomTail | undefined
  /** False while `#tail` has only what was given out since its history was asked for. */
  #tailWhole = false
  /** What was last sent to one who joined: the next one most likely gets the same. */
  #welcome: { readonly limit: number; readonly bytes: Buffer; readonly frames: number } | undefined

  constructor(room: RoomId, work: RoomWork) {
    this.room = room
    this.#work = work
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.joining.size === 0
  }

  has(socket: RoomSocket): boolean {
    return this.#members.has(socket)
  }

  remove(socket: RoomSocket): void {
    this.joining.delete(socket)
    this.#members.delete(socket)
  }

  close(): void {
    this.#closed = true
  }

  receive(message: StoredMessage, prev: number): void {
    this.#chain = hold(this.#chain, { seq: message.seq, prev, message })
    this.#pump()
  }

  learnHead(seq: number): void {
    this.#chain = learnHead(this.#chain, seq)
    this.#pump()
  }

  /** True if a reader may be let in now and be given the newest `limit` messages. */
  covers(limit: number): boolean {
    return this.#tailWhole && this.#tail !== undefined && this.#tail.depth >= limit
  }

  /** Begins to remember what is given out; answers up to where history is needed. `head` is the room's, just read. */
  beginTail(depth: number, head: number): number {
    this.#tail = emptyTail(depth)
    this.#tailWhole = false
    this.#welcome = undefined
    return this.#started ? this.#chain.last : head
  }

  /** History up to `through` has come. The first one of a room also starts its live feed. */
  completeTail(through: number, events: ReadonlyArray<RoomEvent>): void {
    if (this.#tail === undefined) return
    this.#tail = prependTo(this.#tail, framesOf(events))
    this.#tailWhole = true
    if (!this.#started) {
      this.#started = true
      this.#chain = startAt(this.#chain, through)
    }
    this.#pump()
  }

  /** Nobody joined lately, or history could not be read. */
  dropTail(): void {
    this.#tail = undefined
    this.#tailWhole = false
    this.#welcome = undefined
  }

  /** Gives a reader the newest `limit` messages and makes it one of the room, in one step. Needs `covers(limit)`. */
  admit(socket: RoomSocket, limit: number): void {
    this.joining.delete(socket)
    if (this.#members.has(socket)) return
    this.#members.add(socket)
    count.joins(1)
    const { bytes, frames } = this.#welcomeOf(limit)
    if (frames > 0 && !socket.offer(bytes, frames)) this.#work.forget(socket)
  }

  #welcomeOf(limit: number): { readonly bytes: Buffer; readonly frames: number } {
    if (this.#welcome?.limit !== limit) {
      const entries = this.#tail === undefined ? [] : newestOf(this.#tail, limit)
      const bytes = Buffer.concat(entries.map(({ frame }) => frame))
      this.#welcome = { limit, bytes, frames: entries.length }
    }
    return this.#welcome
  }

  #pump(): void {
    while (this.#started && !this.#busy && !this.#closed) {
      const step = next(this.#chain)
      switch (step.kind) {
        case "idle":
          return
        case "repair":
          this.#busy = true
          this.#work.repair(this.room, step.after, step.through, (events) => {
            this.#busy = false
            this.#chain = fill(this.#chain, step.through, events)
            this.#pump()
          })
          return
        case "give": {
          const opened = this.#work.open(this.room, step.event, (late) => {
            this.#busy = false
            this.#give(late)
            this.#pump()
          })
          if (opened === undefined) {
            this.#busy = true
            return
          }
          this.#give(opened)
        }
      }
    }
  }

  #give(event: RoomEvent): void {
    this.#chain = advance(this.#chain)
    if (event.kind === "placeholder") return count.placeholders(1)
    if (this.#members.size === 0 && this.#tail === undefined) return
    const frame = textFrame(plainMessage(event))
    if (this.#tail !== undefined) {
      this.#tail = appendTo(this.#tail, { seq: event.seq, frame })
      this.#welcome = undefined
    }
    count.messages(1)
    count.deliveries(this.#members.size)
    for (const socket of this.#members) if (!socket.offer(frame)) this.#work.forget(socket)
  }
}
