/** Whether a read model keeps up with its log: the end of the log, once seen, must be reached within a few seconds. Pure. */
export interface Catchup {
  /** The end that is to be reached next, and when it was seen (milliseconds of a clock that never goes back). */
  readonly goal: number
  readonly since: number
}

/** Longer than any pause of a healthy read model, shorter than people's patience. */
export const LAGS_AFTER_MS = 5_000

export const NO_GOAL: Catchup = { goal: 0, since: 0 }

/** What is known after the model was seen at `applied` and the log at `head`. */
export const follow = (before: Catchup, applied: number, head: number, now: number): Catchup =>
  applied >= before.goal ? { goal: head, since: now } : before

export const isLagging = ({ goal, since }: Catchup, applied: number, now: number): boolean =>
  applied < goal && now - since > LAGS_AFTER_MS
