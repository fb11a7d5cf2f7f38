/** Whether the read model does its work: it knows where the log ends, and it is there or on its way. */

/** Longest time without a word from the log, or without moving while behind, in milliseconds. */
const PATIENCE_MS = 5_000

export interface Vitals {
  readonly now: number
  /** When the log's end was last read. */
  readonly seenAt: number
  /** When the position last moved, or had nowhere to move. */
  readonly movedAt: number
  readonly lag: number
  readonly maxLag: number
}

export const isHealthy = ({ now, seenAt, movedAt, lag, maxLag }: Vitals): boolean =>
  now - seenAt <= PATIENCE_MS && lag <= maxLag && (lag === 0 || now - movedAt <= PATIENCE_MS)
