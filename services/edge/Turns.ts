/**
 * A gate with a fixed number of places, passed strictly in the order of asking: a place that is given back goes to the
 * one who has waited longest, so that nobody who comes later can slip in between (which would turn two messages round).
 */
import * as Effect from "effect/Effect"

export class Turns {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(places: number) {
    this.#free = places
  }

  /** Nobody is inside and nobody waits: the gate may be forgotten. */
  isIdle(places: number): boolean {
    return this.#free === places && this.#waiting.size === 0
  }

  /** Runs `effect` in one of the places, when its turn has come. */
  run<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.acquireUseRelease(
      this.#enter,
      () => effect,
      () => this.#leave
    )
  }

  readonly #enter = Effect.suspend(() => {
    if (this.#free > 0) {
      this.#free--
      return Effect.void
    }
    return Effect.callback<void>((resume) => {
      this.#waiting.add(() => resume(Effect.void))
    })
  })

  readonly #leave = Effect.sync(() => {
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      next()
      return
    }
    this.#free++
  })
}

/** One gate a key, with a single place each: what enters under one key happens one after another. */
export class Lanes<Key> {
  readonly #lanes = new Map<Key, Turns>()

  run<A, E>(key: Key, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const lane = this.#lanes.get(key) ?? new Turns(1)
      this.#lanes.set(key, lane)
      return lane.run(effect).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            if (lane.isIdle(1)) this.#lanes.delete(key)
          })
        )
      )
    })
  }

  /** Keys that something happens or waits under. */
  get size(): number {
    return this.#lanes.size
  }
}
