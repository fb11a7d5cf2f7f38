/** Lets questions wait until the read model has applied a sequence: the token of read-your-own-write. */
import * as Effect from "effect/Effect"

export interface Progress {
  /** Wakes everyone who waits for `applied` or less. */
  readonly advance: (applied: number) => void
  /** True as soon as `seq` is applied, false if that takes longer than `withinMs`. */
  readonly reached: (seq: number, withinMs: number) => Effect.Effect<boolean>
}

interface Waiter {
  readonly seq: number
  readonly wake: () => void
}

export const makeProgress = (initial: number): Progress => {
  let applied = initial
  const waiting = new Set<Waiter>()
  return {
    advance: (to) => {
      applied = to
      for (const waiter of waiting) if (waiter.seq <= applied) waiter.wake()
    },
    reached: (seq, withinMs) =>
      Effect.suspend(() => {
        if (seq <= applied) return Effect.succeed(true)
        return Effect.callback<void>((resume) => {
          const waiter = { seq, wake: () => (waiting.delete(waiter), resume(Effect.void)) }
          waiting.add(waiter)
          return Effect.sync(() => waiting.delete(waiter))
        }).pipe(Effect.as(true), Effect.timeoutOrElse({ duration: withinMs, orElse: () => Effect.succeed(false) }))
      })
  }
}
