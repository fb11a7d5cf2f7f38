/**
 * Submissions whose version this build does not know: their partition is left to others for a while, in case a newer
 * build is about to take it, and only then are they parked. Remembered by this process alone: nothing rests on it.
 */
export class Deferrals {
  readonly #waitMs: number
  /** The one submission of a partition that is waited for, and until when. */
  readonly #waits = new Map<number, { readonly srcSeq: number; readonly until: number }>()

  constructor(waitMs: number) {
    this.#waitMs = waitMs
  }

  /** The wait for this submission begins, unless it has before. */
  defer(partition: number, srcSeq: number, now: number): void {
    if (this.#waits.get(partition)?.srcSeq !== srcSeq) {
      this.#waits.set(partition, { srcSeq, until: now + this.#waitMs })
    }
  }
  /** True once this submission has been waited for, and nobody took it. */
  isOver(partition: number, srcSeq: number, now: number): boolean {
    const wait = this.#waits.get(partition)
    return wait !== undefined && wait.srcSeq === srcSeq && now >= wait.until
  }
  /** The partitions to be left to others now. */
  avoided(now: number): ReadonlyArray<number> {
    return [...this.#waits].flatMap(([partition, { until }]) => (now < until ? [partition] : []))
  }
}
