/** Which submission is asked about, and when. */
export interface Waiting {
  readonly partition: number
  readonly srcSeq: number
  /** The partition's last submission that is known of. */
  readonly last: number
  readonly now: number
}

/**
 * Submissions whose version this build does not know: their partition is left to others for a while, in case a newer
 * build is about to take it, and only then are they parked. Remembered by this process alone: nothing rests on it.
 */
export class Deferrals {
  readonly #waitMs: number
  /** The one submission of a partition that is waited for, and until when. */
  readonly #waits = new Map<number, { readonly srcSeq: number; readonly until: number }>()
  /** Up to which submission a partition's last wait counts. */
  readonly #waitedThrough = new Map<number, number>()

  constructor(waitMs: number) {
    this.#waitMs = waitMs
  }

  /** The wait for this submission begins, unless it has before. */
  defer(partition: number, srcSeq: number, now: number): void {
    if (this.#waits.get(partition)?.srcSeq !== srcSeq) {
      this.#waits.set(partition, { srcSeq, until: now + this.#waitMs })
    }
  }
  /**
   * True once this submission has been waited for, and nobody took it. The wait counts for all that stood behind it when
   * it was over (`last` is the partition's last known then): otherwise a row of them would hold the partition up one by
   * one.
   */
  isOver({ last, now, partition, srcSeq }: Waiting): boolean {
    const wait = this.#waits.get(partition)
    if (wait !== undefined && wait.srcSeq === srcSeq && now >= wait.until) {
      this.#waits.delete(partition)
      this.#waitedThrough.set(partition, Math.max(srcSeq, last))
    }
    return srcSeq <= (this.#waitedThrough.get(partition) ?? 0)
  }
  /** The partitions to be left to others now. */
  avoided(now: number): ReadonlyArray<number> {
    return [...this.#waits].flatMap(([partition, { until }]) => (now < until ? [partition] : []))
  }
}
