/** How long to wait before the broker is started again. Pure. */

const FIRST_MS = 50
const LONGEST_MS = 5_000
/** A broker that lived this long was well: its death is a new story, not the next chapter of a crash loop. */
const HEALTHY_MS = 30_000

/** The wait in milliseconds after a life of `livedMs`, doubling from 50 ms to 5 s while lives stay short. */
export const restartDelay = (previousMs: number | undefined, livedMs: number): number =>
  previousMs === undefined || livedMs >= HEALTHY_MS ? FIRST_MS : Math.min(LONGEST_MS, previousMs * 2)
