/**
 * When the next message can be admitted, by the broker's clock alone: entries carry the broker's time and go when they
 * are one window old by it. The edge's wall clock is never read; how far the broker's clock has come since it was last
 * seen is measured on the edge's monotonic clock.
 */

/** The broker's clock and window as they were seen at one moment of this process. */
export interface Sighting {
  /** What the broker's clock showed, milliseconds since 1970. */
  readonly brokerTime: number
  /** This process's monotonic clock when that answer had arrived, milliseconds. */
  readonly seenAt: number
  /** The bucket's window, milliseconds. */
  readonly windowMs: number
}

/** A broker's time is cut to whole milliseconds when it is read. */
const CUT_OFF_MS = 1

/**
 * Milliseconds until the entry stored at `storedAt` is one window old; zero or less if it is. The answer was older when
 * it arrived than when it was given, so this errs on the late side by at most that way and a millisecond.
 */
export const freeIn = (storedAt: number, { brokerTime, seenAt, windowMs }: Sighting, now: number): number =>
  storedAt + CUT_OFF_MS + windowMs - (brokerTime + (now - seenAt))
