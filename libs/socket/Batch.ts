/**
 * Frames that go out together. Readers of one room are offered the same frames in the same tick, so the list is shared:
 * each offer is a step to a child that the last reader most likely made already, and the bytes are joined once for all.
 */
export class Batch {
  readonly frames: number
  readonly byteLength: number
  readonly #before: Batch | undefined
  readonly #last: Buffer
  #joined: Buffer | undefined
  #child: Batch | undefined

  private constructor(before: Batch | undefined, last: Buffer, frames: number) {
    this.#before = before
    this.#last = last
    this.frames = (before === undefined ? 0 : before.frames) + frames
    this.byteLength = (before === undefined ? 0 : before.byteLength) + last.byteLength
  }

  /** A batch with nothing in it: where those of one tick start. */
  static empty(): Batch {
    return new Batch(undefined, Buffer.alloc(0), 0)
  }

  /** This batch and one more buffer, which holds `frames` finished frames. */
  with(buffer: Buffer, frames: number): Batch {
    const child = this.#child
    if (child !== undefined && child.#last === buffer) return child
    const made = new Batch(this, buffer, frames)
    this.#child = made
    return made
  }

  /** All frames in one buffer; of a batch with a single buffer, that buffer itself. */
  bytes(): Buffer {
    if (this.#joined === undefined) {
      this.#joined =
        this.#last.byteLength === this.byteLength ? this.#last : this.#copyTo(Buffer.allocUnsafeSlow(this.byteLength))
    }
    return this.#joined
  }

  #copyTo(target: Buffer): Buffer {
    if (this.#before !== undefined) this.#before.#copyTo(target)
    this.#last.copy(target, this.byteLength - this.#last.byteLength)
    return target
  }
}
