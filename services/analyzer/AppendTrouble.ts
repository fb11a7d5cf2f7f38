/**
 * Partitions that the broker keeps refusing this instance's appends of, though it answers: rights taken away, a full
 * stream. They are left to others for a while, so that another instance may do better, and so that edges see a partition
 * nobody works on; then they are tried again.
 */
interface Streak {
  readonly since: number
  readonly failures: number
  readonly lastAt: number
  readonly avoidUntil: number
}

/** So long an append may fail before its partition is left to others. */
export const PATIENCE_MS = 5_000
/** Longer than edges take to notice that nobody works on a partition. */
export const AVOID_MS = 30_000
/** And so often, where the error leaves hope that the next try succeeds. */
export const HOPEFUL_FAILURES = 10

export class AppendTrouble {
  readonly #streaks = new Map<number, Streak>()

  /** True for the first failure of a streak. */
  failed(partition: number, hopeful: boolean, now: number): boolean {
    const found = this.#streaks.get(partition)
    // Whoever held it in between did well, or had nothing to append.
    const streak = found === undefined || now - found.lastAt > 2 * AVOID_MS ? undefined : found
    const since = streak?.since ?? now
    const failures = (streak?.failures ?? 0) + 1
    const lost = now - since >= PATIENCE_MS && (!hopeful || failures >= HOPEFUL_FAILURES)
    const avoidUntil = lost ? now + AVOID_MS : (streak?.avoidUntil ?? 0)
    this.#streaks.set(partition, { since, failures, lastAt: now, avoidUntil })
    return streak === undefined
  }
  /** An append arrived, or somebody else's did. */
  ended(partition: number): void {
    this.#streaks.delete(partition)
  }
  /** The partitions to be left to others now. */
  avoided(now: number): ReadonlyArray<number> {
    return [...this.#streaks].flatMap(([partition, { avoidUntil }]) => (now < avoidUntil ? [partition] : []))
  }
}
