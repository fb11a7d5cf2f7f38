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
  /** How many entries of a user the bucket holds at most. */
  readonly maxEvents: number
}

/** A user's entries as they were found after one more was refused. */
export interface Entries {
  readonly count: number
  /** When the oldest was stored, by the broker's clock. */
  readonly oldestStoredAt: number
}

/** A broker's time is cut to whole milliseconds when it is read. */
const CUT_OFF_MS = 1

/**
 * How long a refused user must wait, in milliseconds; zero if he may try again now. The answer was older when it arrived
 * than when it was given, so this errs on the late side by at most that way and a millisecond.
 */
export const refusedFor = (entries: Entries | undefined, sighting: Sighting, now: number): number => {
  const { brokerTime, seenAt, windowMs, maxEvents } = sighting
  // An entry went between the refusal and the look at what is left: the oldest now is not the one that was in the way.
  if (entries === undefined || entries.count < maxEvents) return 0
  return Math.max(0, entries.oldestStoredAt + CUT_OFF_MS + windowMs - (brokerTime + (now - seenAt)))
}
