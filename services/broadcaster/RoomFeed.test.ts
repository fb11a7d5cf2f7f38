/**
 * Joining, as a game against chance: live events are lost, doubled and late, keys and repairs take their time, readers
 * come and go. Each reader must see a contiguous stretch of the room's order, from the history it asked for to its end.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import { storedAs } from "#tests/support/EventFactory.ts"
import type { RoomSocket } from "./Broadcaster.ts"
import type { StoredEvent } from "./openStored.ts"
import { RoomFeed } from "./RoomFeed.ts"

const room = RoomId.make("lobby")

const opened = (seq: number, prev: number): RoomEvent => ({
  kind: "message",
  room,
  seq,
  prev,
  created_at: 0,
  id: EventId.make("i".repeat(43)),
  author: Author.make("a".repeat(22)),
  user_id: "ana",
  text: "hello",
  client_id: "c"
})

/** A reader that keeps what it was sent. */
class Reader implements RoomSocket {
  readonly sequences: Array<number> = []
  readonly #capacity: number
  constructor(capacity = Infinity) {
    this.#capacity = capacity
  }
  offer(buffer: Buffer): boolean {
    const seen = [...buffer.toString("latin1").matchAll(/"seq":(\d+)/g)].map(([, digits]) => Number(digits))
    if (this.sequences.length + seen.length > this.#capacity) return false
    this.sequences.push(...seen)
    return true
  }
  ready(): boolean {
    return true
  }
}

/** A room whose log, live delivery, keys and repairs are moved by hand. */
class Game {
  readonly log: Array<number> = []
  readonly feed: RoomFeed
  /** What keys and reads that are under way will call. */
  readonly waiting: Array<() => void> = []
  keysAtHand = true
  #history: { readonly through: number; readonly limit: number } | undefined

  constructor() {
    this.feed = new RoomFeed(room, {
      open: (_, { seq, prev }, done) => {
        if (this.keysAtHand) return opened(seq, prev)
        this.waiting.push(() => done(opened(seq, prev)))
        return undefined
      },
      repair: (_, after, through, done) => {
        this.waiting.push(() =>
          done(
            this.log
              .filter((seq) => seq > after && seq <= through)
              .slice(0, 3)
              .map(event)
          )
        )
      },
      forget: (socket) => this.feed.remove(socket)
    })
  }

  get head(): number {
    return this.log.at(-1) ?? 0
  }

  publish(step: number, lost: boolean): void {
    const prev = this.head
    this.log.push(prev + step)
    if (!lost) this.deliver(this.log.length - 1)
  }

  deliver(index: number): void {
    const seq = this.log[index]
    if (seq !== undefined) this.feed.receive(event(seq).message, this.log[index - 1] ?? 0)
  }

  askHistory(limit: number): void {
    if (this.#history === undefined && !this.feed.covers(limit)) {
      const head = this.head
      this.#history = { through: this.feed.beginTail(limit, head), limit }
      this.feed.learnHead(head)
    }
  }

  answerHistory(): void {
    if (this.#history === undefined) return
    const { through, limit } = this.#history
    const upTo = this.log.filter((seq) => seq <= through)
    const page = upTo.slice(Math.max(0, upTo.length - limit))
    this.feed.completeTail(
      through,
      page.map((seq) => opened(seq, this.log[this.log.indexOf(seq) - 1] ?? 0))
    )
    this.#history = undefined
  }

  work(): void {
    this.waiting.shift()?.()
  }
}

const event = (seq: number): StoredEvent => ({
  seq,
  prev: 0,
  message: storedAs({ subject: `ann.0.${room}`, data: "" }, seq)
})

const move = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      step: fc.integer({ min: 1, max: 5 }),
      lost: fc.boolean()
    })
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("again" as const), back: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("join" as const), limit: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "history" } as const) },
  { weight: 4, arbitrary: fc.constant({ kind: "work" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "keys" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "head" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "forget tail" } as const) }
)

describe("a room's feed", () => {
  it("gives every reader its history and all after it, once and in order, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 150 }), (moves) => {
        const game = new Game()
        const joining = new Map<Reader, number>()
        const readers: Array<{ readonly reader: Reader; readonly limit: number }> = []
        const letIn = () => {
          for (const [reader, limit] of joining) {
            if (!game.feed.covers(limit)) game.askHistory(limit)
            else {
              game.feed.admit(reader, limit)
              joining.delete(reader)
              readers.push({ reader, limit })
            }
          }
        }
        for (const act of moves) {
          if (act.kind === "publish") game.publish(act.step, act.lost)
          else if (act.kind === "again") game.deliver(game.log.length - 1 - act.back)
          else if (act.kind === "join") joining.set(new Reader(), act.limit)
          else if (act.kind === "history") game.answerHistory()
          else if (act.kind === "work") game.work()
          else if (act.kind === "keys") game.keysAtHand = !game.keysAtHand
          else if (act.kind === "head") game.feed.learnHead(game.head)
          else if (joining.size === 0) game.feed.dropTail()
          letIn()
        }
        for (let rest = 0; rest < 400; rest++) {
          game.answerHistory()
          letIn()
          if (readers.length > 0) game.feed.learnHead(game.head)
          game.work()
        }
        expect(joining.size).toBe(0)
        for (const { reader, limit } of readers) {
          const { sequences } = reader
          expect(sequences).toEqual(sequences.length === 0 ? [] : game.log.slice(-sequences.length))
          expect(sequences.length).toBeGreaterThanOrEqual(Math.min(limit, game.log.length))
        }
      }),
      { numRuns: 500 }
    )
  })

  it("reads nothing again that came live while history was read", () => {
    const game = new Game()
    const reader = new Reader()
    game.publish(1, true)
    game.askHistory(5)
    game.publish(1, false)
    game.publish(1, false)
    game.answerHistory()
    game.feed.admit(reader, 5)
    expect(reader.sequences).toEqual([1, 2, 3])
    expect(game.waiting).toEqual([])
  })

  it("goes on for the others when one reader is cut off", () => {
    const game = new Game()
    const [slow, quick] = [new Reader(2), new Reader()]
    game.askHistory(10)
    game.answerHistory()
    for (const reader of [slow, quick]) game.feed.admit(reader, 10)
    for (let index = 0; index < 5; index++) game.publish(1, false)
    expect(quick.sequences).toEqual([1, 2, 3, 4, 5])
    expect(slow.sequences).toEqual([1, 2])
    expect(game.feed.has(slow)).toBe(false)
  })

  it("sends those who join at once the very same bytes", () => {
    const game = new Game()
    for (let index = 0; index < 5; index++) game.publish(1, true)
    game.askHistory(3)
    game.answerHistory()
    const sent: Array<Buffer> = []
    for (let index = 0; index < 2; index++) {
      game.feed.admit({ offer: (buffer) => sent.push(buffer) > 0, ready: () => true }, 3)
    }
    expect(sent).toHaveLength(2)
    expect(sent[0]).toBe(sent[1])
  })

  it("keeps the order while an event waits for its key", () => {
    const game = new Game()
    const reader = new Reader()
    game.askHistory(1)
    game.answerHistory()
    game.feed.admit(reader, 1)
    game.keysAtHand = false
    game.publish(1, false)
    game.keysAtHand = true
    game.publish(1, false)
    expect(reader.sequences).toEqual([])
    game.work()
    expect(reader.sequences).toEqual([1, 2])
  })

  it("changes nothing when a reader joins twice", () => {
    const game = new Game()
    const reader = new Reader()
    game.publish(1, true)
    game.askHistory(5)
    game.answerHistory()
    game.feed.admit(reader, 5)
    game.feed.admit(reader, 5)
    game.publish(1, false)
    expect(reader.sequences).toEqual([1, 2])
  })
})
