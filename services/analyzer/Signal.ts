/**
 * Wakes one sleeping loop. `notify` may be called from plain callbacks and before anybody waits: the next wait is then
 * over at once, so no signal is lost between a look and the sleep after it.
 */
import * as Effect from "effect/Effect"

export class Signal {
  #pending = false
  #resume: (() => void) | undefined

  notify(): void {
    const resume = this.#resume
    if (resume === undefined) this.#pending = true
    else resume()
  }

  /** Sleeps until notified, at most `atMostMs` if that is given. */
  wait(atMostMs?: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.#pending) {
        this.#pending = false
        return resume(Effect.void)
      }
      const stop = () => {
        clearTimeout(timer)
        this.#resume = undefined
      }
      const timer = atMostMs === undefined ? undefined : setTimeout(() => this.#resume?.(), Math.max(0, atMostMs))
      this.#resume = () => {
        stop()
        resume(Effect.void)
      }
      return Effect.sync(stop)
    })
  }
}
