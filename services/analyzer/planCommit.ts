/**
 * Which prepared events are appended next, and how. Measured with a sync before each acknowledgement: one message alone
 * costs 0.9 ms, ten at the same time some 4 ms, an atomic batch about 4 ms whether it has 2 messages or 50 (ADR 0007). So
 * a few messages go one by one at the same time, a partition's next only after its last; more than a few go as one batch
 * with one fence a partition.
 */
export interface ReadyPartition {
  readonly partition: number
  /** Sizes in bytes of its prepared events, in order. */
  readonly sizes: ReadonlyArray<number>
  /** Its last append failed: it goes alone until one succeeds, so that it cannot refuse a batch for the others. */
  readonly alone: boolean
}

export interface InFlight {
  /** Those of partitions in trouble not counted. */
  readonly singles: number
  /** Singles of partitions in trouble: each may take its whole timeout, so nothing waits for them. */
  readonly outcasts: number
  readonly batch: boolean
}

export interface Share {
  readonly partition: number
  /** How many of its events, from its first. */
  readonly count: number
}

export type CommitPlan =
  | { readonly _tag: "wait" }
  | { readonly _tag: "singles"; readonly partitions: ReadonlyArray<number> }
  | { readonly _tag: "batch"; readonly shares: ReadonlyArray<Share> }

/** Up to this many messages, one by one is quicker than a batch. */
export const MAX_SINGLES = 8
/** And up to this many of one partition, which go one after the other. */
export const MAX_ROUNDS = 3
/** The server takes up to 1,000. */
export const MAX_BATCH_MESSAGES = 500
export const MAX_BATCH_BYTES = 2 * 1024 * 1024

/** Gives each partition its next message in turn, until the batch is full. */
const shareOut = (ready: ReadonlyArray<ReadyPartition>): ReadonlyArray<Share> => {
  const counts = ready.map(() => 0)
  const longest = Math.max(...ready.map(({ sizes }) => sizes.length))
  let [messages, bytes] = [0, 0]
  for (let round = 0; round < longest; round++) {
    for (const [index, { sizes }] of ready.entries()) {
      const size = sizes[round]
      if (size === undefined) continue
      if (messages === MAX_BATCH_MESSAGES || (messages > 0 && bytes + size > MAX_BATCH_BYTES)) {
        return ready.flatMap(({ partition }, at) => (counts[at] ? [{ partition, count: counts[at] }] : []))
      }
      counts[index] = round + 1
      messages += 1
      bytes += size
    }
  }
  return ready.map(({ partition, sizes }) => ({ partition, count: sizes.length }))
}

/** `ready`: partitions with something prepared and nothing in flight. */
export const planCommit = (ready: ReadonlyArray<ReadyPartition>, inFlight: InFlight): CommitPlan => {
  // Outcasts first and beside everything: a partition that waited for the others' batches would starve under load.
  const outcasts = ready.filter(({ alone }) => alone).slice(0, Math.max(0, MAX_SINGLES - inFlight.outcasts))
  if (outcasts.length > 0) return { _tag: "singles", partitions: outcasts.map(({ partition }) => partition) }
  const together = ready.filter(({ alone }) => !alone)
  if (together.length === 0 || inFlight.batch) return { _tag: "wait" }
  const total = together.reduce((sum, { sizes }) => sum + sizes.length, 0)
  const few = total <= MAX_SINGLES && together.every(({ sizes }) => sizes.length <= MAX_ROUNDS)
  if (!few) {
    // A batch waits for the singles before it, which take a millisecond: two kinds at once would only queue at the disk.
    return inFlight.singles > 0 ? { _tag: "wait" } : { _tag: "batch", shares: shareOut(together) }
  }
  const partitions = together.slice(0, Math.max(0, MAX_SINGLES - inFlight.singles)).map(({ partition }) => partition)
  return partitions.length === 0 ? { _tag: "wait" } : { _tag: "singles", partitions }
}
