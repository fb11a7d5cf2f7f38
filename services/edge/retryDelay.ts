/** How long a submission is tried, and how long to wait between two tries. */

/** From the first try on, in milliseconds; then the client is told that the outcome is unknown. */
export const RETRY_FOR_MS = 30_000

const SHORTEST_MS = 50
const LONGEST_MS = 500

/** The wait after the `tries`-th try (1, 2, …) in milliseconds; `random` from 0 to 1 spreads those who failed together. */
export const retryDelayMs = (tries: number, random: number): number => {
  const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** tries)
  return SHORTEST_MS + random * (most - SHORTEST_MS)
}
