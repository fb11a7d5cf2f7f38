/** Whether a replica answers questions: one that lags too far leaves them to the others until it has caught up. */

/** Leaves above `maxLag` events and comes back at half of that, so that it does not flicker at the edge. */
export const shouldServe = (serves: boolean, lag: number, maxLag: number): boolean =>
  serves ? lag <= maxLag : lag <= maxLag / 2
