/**
 * Looks for the answers to a few submissions in what a full window does not hold: it remembers nothing else, so it may
 * go on to the end of `ANN` however long that is.
 */
import type { Scan } from "./HoleWindow.ts"

export class HoleProbe implements Scan {
  #scanned: number
  readonly #open: Set<number>
  readonly #answered = new Set<number>()

  /** `suspects`: submissions that no event up to `scanned` answers. */
  constructor(scanned: number, suspects: ReadonlyArray<number>) {
    this.#scanned = scanned
    this.#open = new Set(suspects)
  }

  get scanned(): number {
    return this.#scanned
  }
  get open(): ReadonlyArray<number> {
    return [...this.#open]
  }
  get answered(): ReadonlyArray<number> {
    return [...this.#answered]
  }

  see(annSeq: number, srcSeq: number | undefined): void {
    this.#scanned = annSeq
    if (srcSeq !== undefined && this.#open.delete(srcSeq)) this.#answered.add(srcSeq)
  }
  isAnswered(srcSeq: number): boolean {
    return this.#answered.has(srcSeq)
  }
}
