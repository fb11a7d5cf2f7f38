/**
 * Which submissions have been seen answered, while `ANN` is read from its beginning: everything up to `base`, and some
 * beyond it. Pure and bounded; a window that is full is not read on until its base moves.
 */
export class HoleWindow {
  #base: number
  #scanned: number
  /** Submissions beyond the base that are answered, with the place of their event in `ANN`. */
  readonly #beyond = new Map<number, number>()
  readonly #capacity: number

  constructor({
    base,
    capacity,
    scanned
  }: {
    readonly base: number
    readonly capacity: number
    readonly scanned: number
  }) {
    this.#base = base
    this.#scanned = scanned
    this.#capacity = capacity
  }

  /** Every submission up to here is answered. */
  get base(): number {
    return this.#base
  }
  /** The last event of `ANN` that was looked at. */
  get scanned(): number {
    return this.#scanned
  }
  get isFull(): boolean {
    return this.#beyond.size >= this.#capacity
  }
  /** From where another could read on: no event after it, up to what was scanned, answers a submission below the base. */
  get resumeAt(): number {
    return this.#beyond.size === 0 ? this.#scanned : Math.min(...this.#beyond.values()) - 1
  }

  /** The event at `annSeq` answers `srcSeq`; undefined where it answers none that can be named. */
  see(annSeq: number, srcSeq: number | undefined): void {
    this.#scanned = annSeq
    if (srcSeq !== undefined && srcSeq > this.#base) this.#beyond.set(srcSeq, annSeq)
    while (this.#beyond.delete(this.#base + 1)) this.#base += 1
  }

  /** There is no such submission any more: nothing can answer it. */
  excuse(srcSeq: number): void {
    this.see(this.#scanned, srcSeq)
  }

  isAnswered(srcSeq: number): boolean {
    return srcSeq <= this.#base || this.#beyond.has(srcSeq)
  }
  /** Submissions up to `last` without an event among those scanned, at most `atMost`. */
  unanswered(last: number, atMost: number): ReadonlyArray<number> {
    const missing: Array<number> = []
    for (let seq = this.#base + 1; seq <= last && missing.length < atMost; seq++) {
      if (!this.isAnswered(seq)) missing.push(seq)
    }
    return missing
  }
}
