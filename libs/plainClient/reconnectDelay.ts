/** How long to wait before connecting again: full jitter, so that clients cut off together do not return together. */

const FIRST_MS = 500
const LONGEST_MS = 20_000

/** Milliseconds, for the attempt after `failures` failures in a row; `random` is from 0 to 1. Pure. */
export const reconnectDelay = (failures: number, random: number): number =>
  Math.floor(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** failures))
