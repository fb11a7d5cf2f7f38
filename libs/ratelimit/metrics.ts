/** What the limiter counts; never by user. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

const decisions = Metric.counter("attune_ratelimit_decisions_total", {
  description: "Messages by what the limiter said: admitted, limited, or unavailable",
  incremental: true
})
const resets = Metric.counter("attune_ratelimit_bucket_resets_total", {
  description: "Times the bucket was found emptied by a restart of the broker: for one window more may be admitted",
  incremental: true
})

type Outcome = "admitted" | "limited" | "unavailable"
const byOutcome: Readonly<Record<Outcome, typeof decisions>> = {
  admitted: Metric.withAttributes(decisions, { outcome: "admitted" }),
  limited: Metric.withAttributes(decisions, { outcome: "limited" }),
  unavailable: Metric.withAttributes(decisions, { outcome: "unavailable" })
}

export const countDecision = (outcome: Outcome): Effect.Effect<void> => Metric.update(byOutcome[outcome], 1)
export const countReset: Effect.Effect<void> = Metric.update(resets, 1)

/** How often the bucket was found emptied, since this process began. */
export const resetsCounted: Effect.Effect<number> = Effect.map(Metric.value(resets), ({ count }) => count)
