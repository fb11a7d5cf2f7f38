/**
 * Puts what arrives of a stream, by whatever way and in whatever order, into the stream's order without a gap: what comes
 * too early waits, what comes again is dropped. Pure, and bounded: what does not fit is read again.
 */
import type { StoredMessage } from "#nats/StoredMessage.ts"

const MAX_WAITING = 1_024

export class FeedOrder {
  #position: number
  readonly #waiting = new Map<number, StoredMessage>()

  /** `position`: the last sequence that is not wanted any more. */
  constructor(position: number) {
    this.#position = position
  }

  /** The last sequence of the unbroken part. */
  get position(): number {
    return this.#position
  }
  /** The sequences that are missed before the first that waits; empty if none waits. */
  get gap(): ReadonlyArray<number> {
    if (this.#waiting.size === 0) return []
    const first = Math.min(...this.#waiting.keys())
    return Array.from({ length: first - this.#position - 1 }, (_, index) => this.#position + 1 + index)
  }

  /** Takes a message in; gives what is in order by it. */
  accept(message: StoredMessage): ReadonlyArray<StoredMessage> {
    if (message.seq > this.#position + 1) {
      if (this.#waiting.size < MAX_WAITING) this.#waiting.set(message.seq, message)
      return []
    }
    if (message.seq <= this.#position) return []
    this.#position = message.seq
    return [message, ...this.#drain()]
  }
  /** The next sequence will never come: there is no such message. Gives what is in order by that. */
  skip(): ReadonlyArray<StoredMessage> {
    this.#position += 1
    this.#waiting.delete(this.#position)
    return this.#drain()
  }

  #drain(): ReadonlyArray<StoredMessage> {
    const ready: Array<StoredMessage> = []
    for (let next = this.#waiting.get(this.#position + 1); next !== undefined;) {
      this.#waiting.delete(next.seq)
      this.#position = next.seq
      ready.push(next)
      next = this.#waiting.get(this.#position + 1)
    }
    return ready
  }
}
