/** The rule itself, as arithmetic: at most `maxEvents` in any window. The broker's bucket enforces the same by storage. */
import type { RateRule } from "#nats/Topology.ts"
import type { RateDecision } from "./RateLimiter.ts"

/** When one user's messages were admitted, oldest first, in milliseconds of any clock that only goes forward. */
export type AdmittedTimes = ReadonlyArray<number>

/** What to do with a message at `now`, and what to remember. An entry counts until it is exactly one window old. */
export const takeToken = (
  admitted: AdmittedTimes,
  now: number,
  { maxEvents, perSeconds }: RateRule
): { readonly decision: RateDecision; readonly admitted: AdmittedTimes } => {
  const window = perSeconds * 1_000
  const counted = admitted.filter((time) => time + window > now)
  const [oldest] = counted
  return oldest === undefined || counted.length < maxEvents
    ? { decision: { _tag: "Admitted" }, admitted: [...counted, now] }
    : { decision: { _tag: "Limited", retryAfterMs: Math.ceil(oldest + window - now) }, admitted: counted }
}
