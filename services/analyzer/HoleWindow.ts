/** What is found out while `ANN` is read on, event by event. */
export interface Scan {
  /** The last event of `ANN` that was looked at. */
  readonly scanned: number
  /** The event at `annSeq` answers `srcSeq`; undefined where it answers none that can be named. */
  readonly see: (annSeq: number, srcSeq: number | undefined) => void
  /** An event that was looked at answers it. */
  readonly isAnswered: (srcSeq: number) => boolean
}

/**
 * Which submissions have been seen answered, while `ANN` is read from its beginning: everything up to `base`, and some
 * beyond it. Pure and bounded; a window that is full is not read on until its base moves.
 */
export class HoleWindow implements Scan {
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
  get scanned(): number {
    return this.#scanned
  }
  get isFull(): boolean {
    return this.#beyond.size >= this.#capacity
  }
  /** From where another could read on: no event after it, up to what was scanned, answers a submission below the base. */
  get resumeAt(): number {
    // A loop: there may be more of them than a call takes arguments.
    let first = this.#scanned + 1
    for (const annSeq of this.#beyond.values()) if (annSeq < first) first = annSeq
    return first - 1
  }

  see(annSeq: number, srcSeq: number | undefined): void {
    this.#scanned = annSeq
    if (srcSeq !== undefined && srcSeq > this.#base) this.#beyond.set(srcSeq, annSeq)
    while (this.#beyond.delete(this.#base + 1)) this.#base += 1
  }

  /** It needs no answer among the events to come: there is no such submission, or it is answered further on. */
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
