/**
 * Which rooms each reader is in. Nearly all readers are in one, and ten thousands of them idle, so a single place is held
 * without a set around it.
 */
export class Places<Reader extends object, Place extends object> {
  readonly #of = new Map<Reader, Place | Set<Place>>()

  add(reader: Reader, place: Place): void {
    const held = this.#of.get(reader)
    if (held === undefined) this.#of.set(reader, place)
    else if (held instanceof Set) held.add(place)
    else if (held !== place) this.#of.set(reader, new Set([held, place]))
  }

  delete(reader: Reader, place: Place): void {
    const held = this.#of.get(reader)
    if (held === place) this.#of.delete(reader)
    else if (held instanceof Set && held.delete(place) && held.size === 0) this.#of.delete(reader)
  }

  /** Forgets a reader; answers where it was. */
  take(reader: Reader): Iterable<Place> {
    const held = this.#of.get(reader)
    if (held === undefined) return []
    this.#of.delete(reader)
    return held instanceof Set ? held : [held]
  }

  get size(): number {
    return this.#of.size
  }
}
