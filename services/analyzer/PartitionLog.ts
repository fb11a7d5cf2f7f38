/**
 * One owned partition in memory: what was read of it and is not yet scored, what is scored and not yet appended, and the
 * head the next append is fenced at. Plain and mutable, because every message passes through it; it does no I/O.
 */
import type { Outgoing } from "#nats/publish.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { fenced } from "./fenced.ts"
import type { Attempt, Head, Outcome } from "./Head.ts"

/** An event ready to be appended, but for its fence. */
export interface Prepared {
  readonly srcSeq: number
  readonly outgoing: Outgoing
  readonly bytes: number
}

/** An append on its way, and the messages it is made of. */
export interface Append {
  readonly attempt: Attempt
  readonly messages: ReadonlyArray<Outgoing>
}

/** What one partition may keep in memory; beyond it, its messages wait in the stream. */
const MAX_HELD_MESSAGES = 256
const MAX_HELD_BYTES = 512 * 1024
const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 1_000

export class PartitionLog {
  readonly index: number
  #head: Head
  /** The last submission taken in: everything of this partition up to it is here or in `ANN`. */
  #position: number
  #queue: Array<StoredMessage> = []
  #preparing: ReadonlyArray<StoredMessage> = []
  #ready: Array<Prepared> = []
  #heldBytes = 0
  #inFlight: Attempt | undefined
  #failures = 0
  #appendFrom = 0
  #prepareFrom = 0
  #closed = false

  constructor(index: number, head: Head) {
    this.index = index
    this.#head = head
    this.#position = head.through
  }

  get head(): Head {
    return this.#head
  }
  get position(): number {
    return this.#position
  }
  /** After a failed append it appends alone, until one succeeds. */
  get appendsAlone(): boolean {
    return this.#failures > 0
  }
  get isFull(): boolean {
    const messages = this.#queue.length + this.#preparing.length + this.#ready.length
    return messages >= MAX_HELD_MESSAGES || this.#heldBytes >= MAX_HELD_BYTES
  }

  /** Takes the next submission in; false if there is no room for it. One that was taken in before is no news. */
  takeIn(message: StoredMessage): boolean {
    if (message.seq <= this.#position) return true
    if (this.isFull) return false
    this.#queue.push(message)
    this.#heldBytes += message.data.length
    this.#position = message.seq
    return true
  }

  /** What is to be scored next; nothing while the last of it still is, or before a delay is over. */
  beginPreparing(now: number, atMost: number): ReadonlyArray<StoredMessage> {
    if (this.#closed || this.#preparing.length > 0 || this.#queue.length === 0 || now < this.#prepareFrom) return []
    this.#preparing = this.#queue.splice(0, atMost)
    return this.#preparing
  }
  /**
   * The first `prepared.length` of them are ready; the others wait their turn, not before `resumeAt` (0: at once).
   * Gives the submission it stopped at.
   */
  endPreparing(prepared: ReadonlyArray<Prepared>, resumeAt: number): number | undefined {
    for (const { bytes } of prepared) this.#heldBytes += bytes
    for (const { data } of this.#preparing.slice(0, prepared.length)) this.#heldBytes -= data.length
    this.#ready.push(...prepared)
    this.#queue.unshift(...this.#preparing.slice(prepared.length))
    this.#preparing = []
    this.#prepareFrom = resumeAt
    return this.#queue[0]?.seq
  }

  /** Sizes of what could be appended now. */
  readySizes(now: number): ReadonlyArray<number> {
    if (this.#closed || this.#inFlight !== undefined || now < this.#appendFrom) return []
    return this.#ready.map(({ bytes }) => bytes)
  }
  /** When a delay of this partition ends; undefined if it is not waiting for one. */
  wakesAt(now: number): number | undefined {
    const delays = [
      ...(this.#queue.length > 0 ? [this.#prepareFrom] : []),
      ...(this.#ready.length > 0 && this.#inFlight === undefined ? [this.#appendFrom] : [])
    ].filter((at) => at > now)
    return delays.length === 0 ? undefined : Math.min(...delays)
  }

  /** Sends the first `count` ready events on their way, fenced at the head. */
  beginAppend(count: number): Append {
    const events = this.#ready.slice(0, count)
    const through = events.at(-1)?.srcSeq ?? this.#head.through
    const attempt = { head: this.#head, through }
    this.#inFlight = attempt
    const messages = events.map(({ outgoing }, at) => (at === 0 ? fenced(outgoing, this.index, this.#head) : outgoing))
    return { attempt, messages }
  }
  get isAppending(): boolean {
    return this.#inFlight !== undefined
  }
  /** The broker stored the append; its last event is at `seq`. */
  appended(attempt: Attempt, seq: number): void {
    this.#settle({ seq, through: attempt.through })
    this.#failures = 0
    this.#appendFrom = 0
  }
  /** What became of a failed append: it goes on from the head that was found, a retry after a growing delay. */
  settled(outcome: Exclude<Outcome, "fenced">, found: Head, now: number): void {
    this.#settle(found)
    if (outcome === "committed") {
      this.#failures = 0
      this.#appendFrom = 0
    } else {
      this.#appendFrom = now + (this.#failures === 0 ? 0 : this.#delay())
      this.#failures += 1
    }
  }
  #delay(): number {
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#failures, 10))
  }
  #settle(head: Head): void {
    this.#inFlight = undefined
    this.#head = head
    const first = this.#ready.findIndex(({ srcSeq }) => srcSeq > head.through)
    const done = this.#ready.splice(0, first === -1 ? this.#ready.length : first)
    for (const { bytes } of done) this.#heldBytes -= bytes
  }
  /** Begins nothing more; what is on its way may still arrive. */
  close(): void {
    this.#closed = true
  }
  /** Nothing more of it is being scored or appended. */
  get isQuiet(): boolean {
    return this.#inFlight === undefined && this.#preparing.length === 0 && this.#ready.length === 0
  }
}
