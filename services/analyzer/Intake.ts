/**
 * Joins two ways of reading `SUB` so that every owned partition takes each of its submissions in once and in order: the
 * feed, which reads the whole stream once for all partitions, and a partition's own reading where it is behind the feed
 * (just taken over, or its queue was full). Pure; the rule: a partition takes from the feed only when it has taken in
 * everything of its own that the feed has passed.
 */
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { partitionOfSubmission } from "#nats/Subjects.ts"
import type { PartitionLog } from "./PartitionLog.ts"

export class Intake {
  readonly #logs = new Map<number, PartitionLog>()
  /** The last submission of each partition that is known to be in the stream. */
  readonly #known = new Map<number, number>()

  get logs(): ReadonlyMap<number, PartitionLog> {
    return this.#logs
  }

  /** Begins to work on a partition, whose last submission is `last` by the word of the stream's leader (0: none). */
  own(log: PartitionLog, last: number): void {
    this.#logs.set(log.index, log)
    this.#learn(log.index, last)
  }
  /** Lets go of a partition; false if it was another one's turn already. */
  disown(log: PartitionLog): boolean {
    return this.#logs.get(log.index) === log && this.#logs.delete(log.index)
  }
  owns(log: PartitionLog): boolean {
    return this.#logs.get(log.index) === log
  }

  /** Messages of the whole stream, in order and without a gap. True if it left one to its partition's own reading. */
  offer(messages: ReadonlyArray<StoredMessage>): boolean {
    let left = false
    for (const message of messages) {
      const partition = partitionOfSubmission(message.subject)
      const log = this.#logs.get(partition)
      if (log !== undefined) left = this.#isBehind(log) || !log.takeIn(message) || left
      this.#learn(partition, message.seq)
    }
    return left
  }
  /** Messages of one partition, in order, read from its own position on. */
  offerTo(log: PartitionLog, messages: ReadonlyArray<StoredMessage>): void {
    if (!this.owns(log)) return
    for (const message of messages) {
      if (!log.takeIn(message)) return
      this.#learn(log.index, message.seq)
    }
  }

  /** Partitions that must read for themselves, and have room to. */
  behind(): ReadonlyArray<PartitionLog> {
    return [...this.#logs.values()].filter((log) => this.#isBehind(log) && !log.isFull)
  }
  /** The partition's last submission that is known to be in the stream; 0 if none is. */
  lastKnown(partition: number): number {
    return this.#known.get(partition) ?? 0
  }
  #isBehind(log: PartitionLog): boolean {
    return log.position < this.lastKnown(log.index)
  }
  #learn(partition: number, seq: number): void {
    if (seq > this.lastKnown(partition)) this.#known.set(partition, seq)
  }
}
