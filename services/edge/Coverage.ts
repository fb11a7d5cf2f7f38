/** How long each partition has been without anybody who works on it, from what was seen of the leases. Pure. */
export interface Coverage {
  /** When each partition was last seen held (milliseconds of a clock that never goes back). */
  readonly heldAt: ReadonlyArray<number>
}

/** A partition that nobody works on for longer is taken for abandoned: sends to it are refused (invariant I11). */
export const ABANDONED_AFTER_MS = 10_000

/** Nothing was ever seen held. */
export const uncovered = (partitions: number): Coverage => ({
  heldAt: Array.from({ length: partitions }, () => Number.NEGATIVE_INFINITY)
})

/** What is known after `held` was seen at `now`. */
export const observe = ({ heldAt }: Coverage, held: ReadonlySet<number>, now: number): Coverage => ({
  heldAt: heldAt.map((before, partition) => (held.has(partition) ? now : before))
})

export const isCovered = ({ heldAt }: Coverage, partition: number, now: number): boolean =>
  now - (heldAt[partition] ?? Number.NEGATIVE_INFINITY) < ABANDONED_AFTER_MS

/** The partitions that nobody has worked on for too long. */
export const abandoned = (coverage: Coverage, now: number): ReadonlyArray<number> =>
  coverage.heldAt.flatMap((_, partition) => (isCovered(coverage, partition, now) ? [] : [partition]))
