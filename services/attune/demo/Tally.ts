/**
 * The book-keeping of a demo: what was sent, what came back, and what each observer saw of it in which order. Plain
 * mutable code, since every message of every observer passes through it; it opens nothing and knows no clock.
 */
import type { ChatMessage } from "#libs/plainClient/incomingFrame.ts"

export interface Totals {
  readonly sent: number
  readonly acknowledged: number
  readonly annotated: number
  readonly refused: ReadonlyMap<string, number>
  /** Deliveries to observers: messages times the observers of their rooms, when nothing is lost. */
  readonly received: number
  readonly expected: number
  /** Acknowledged messages that an observer of the room has not seen. */
  readonly lost: number
  /** Deliveries against the room's order, or that disagree with another observer about it. */
  readonly outOfOrder: number
  /** Deliveries of a message that the same connection had delivered, or of one stored a second time. */
  readonly duplicated: number
  readonly waits: number
  /** Milliseconds from sending to each receipt, ascending. */
  readonly latencies: ReadonlyArray<number>
}

interface Sent {
  readonly room: string
  /** Its author's own count, which grows in the order of sending. */
  readonly turn: number
  readonly user: string
}

/** What one socket saw. Its connection's memory is dropped at each reconnection, when history is told again. */
interface Watcher {
  readonly room: string | undefined
  readonly seen: Map<string, number>
  readonly connection: Map<string, { head: number; readonly seqs: Set<number> }>
  readonly turns: Map<string, number>
}

export class Tally {
  readonly #sent = new Map<string, Sent>()
  readonly #acknowledged = new Map<string, { readonly message: ChatMessage; readonly sentAt: number }>()
  readonly #receipts = new Map<string, Array<number>>()
  readonly #refused = new Map<string, number>()
  readonly #watchers = new Map<string, Watcher>()
  readonly #order = new Map<string, string>()
  #outOfOrder = 0
  #duplicated = 0
  #waits = 0

  /** Names a socket; with a room it is that room's observer, whose receipts count. */
  watch(name: string, room?: string): void {
    this.#watchers.set(name, { room, seen: new Map(), connection: new Map(), turns: new Map() })
  }

  connected(name: string): void {
    this.#watchers.get(name)?.connection.clear()
  }

  sending(id: string, sent: Sent): void {
    this.#sent.set(id, sent)
  }

  acknowledged(id: string, message: ChatMessage, sentAt: number): void {
    this.#acknowledged.set(id, { message, sentAt })
  }

  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }

  waited(): void {
    this.#waits += 1
  }

  /** Counts what a socket was given at `at` (milliseconds since 1970). */
  received(name: string, message: ChatMessage, at: number): void {
    const watcher = this.#watchers.get(name)
    const id = message.client_id
    if (watcher === undefined) return
    const isFresh = this.#checkConnection(watcher, message)
    const sent = id === undefined ? undefined : this.#sent.get(id)
    if (id === undefined || sent === undefined || !isFresh) return
    const isFirst = this.#checkOrder(watcher, id, sent, message)
    if (!isFirst || watcher.room !== message.room_id) return
    const receipts = this.#receipts.get(id)
    if (receipts === undefined) this.#receipts.set(id, [at])
    else receipts.push(at)
  }

  /** Within one connection, each message of a room comes once, above all before it. */
  #checkConnection({ connection }: Watcher, { room_id, seq }: ChatMessage): boolean {
    const state = connection.get(room_id)
    if (state === undefined) {
      connection.set(room_id, { head: seq, seqs: new Set([seq]) })
      return true
    }
    if (state.seqs.has(seq)) {
      this.#duplicated += 1
      return false
    }
    state.seqs.add(seq)
    if (seq < state.head) this.#outOfOrder += 1
    else state.head = seq
    return true
  }

  /** The same order for all, and each author's own; false for a message that this socket has seen. */
  #checkOrder(watcher: Watcher, id: string, { turn, user }: Sent, { room_id, seq }: ChatMessage): boolean {
    const before = watcher.seen.get(id)
    if (before !== undefined) {
      // Told again after a reconnection is no fault; under another number it is a second message.
      if (before !== seq) this.#duplicated += 1
      return false
    }
    watcher.seen.set(id, seq)
    const place = `${room_id}:${seq}`
    const there = this.#order.get(place)
    if (there === undefined) this.#order.set(place, id)
    else if (there !== id) this.#outOfOrder += 1
    const author = `${room_id}:${user}`
    if (turn < (watcher.turns.get(author) ?? -1)) this.#outOfOrder += 1
    watcher.turns.set(author, turn)
    return true
  }

  totals(): Totals {
    const observers = [...this.#watchers.values()].filter(({ room }) => room !== undefined)
    const latencies: Array<number> = []
    let expected = 0
    let received = 0
    let annotated = 0
    for (const [id, { message, sentAt }] of this.#acknowledged) {
      const receipts = this.#receipts.get(id) ?? []
      expected += observers.filter(({ room }) => room === message.room_id).length
      received += receipts.length
      if (message.sentiment !== null) annotated += 1
      for (const at of receipts) latencies.push(Math.max(0, at - sentAt))
    }
    return {
      sent: this.#sent.size,
      acknowledged: this.#acknowledged.size,
      annotated,
      refused: this.#refused,
      received,
      expected,
      lost: expected - received,
      outOfOrder: this.#outOfOrder,
      duplicated: this.#duplicated,
      waits: this.#waits,
      latencies: latencies.toSorted((a, b) => a - b)
    }
  }
}
