/** The limiter within one process, for tests and tools: the contract without a broker. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RateRule } from "#nats/Topology.ts"
import { RateLimiter } from "./RateLimiter.ts"
import type { AdmittedTimes } from "./slidingWindow.ts"
import { takeToken } from "./slidingWindow.ts"

const NANOSECONDS = 1_000_000

/** Keeps every user it has ever seen. */
export const layerMemory = (rule: RateRule): Layer.Layer<RateLimiter> =>
  Layer.sync(RateLimiter, () => {
    const users = new Map<string, AdmittedTimes>()
    return RateLimiter.of({
      take: (key) =>
        Effect.map(Clock.monotonicTimeNanos, (now) => {
          const { decision, admitted } = takeToken(users.get(key) ?? [], Number(now) / NANOSECONDS, rule)
          users.set(key, admitted)
          return decision
        })
    })
  })
