/**
 * How many messages a user may send, over all edges together: never more than the rule's `maxEvents` in any window of
 * `perSeconds`, whatever the edges' clocks say (invariant I10).
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Stands for one user in a subject: a keyed hash, never the user id itself. */
export const RateKey = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{22}$/)).pipe(Schema.brand("RateKey"))
export type RateKey = typeof RateKey.Type

export type RateDecision =
  | { readonly _tag: "Admitted" }
  /** Refused; the next message can be admitted after exactly this long, in milliseconds. */
  | { readonly _tag: "Limited"; readonly retryAfterMs: number }

/** The bucket cannot be asked: nobody is admitted until it can be again. */
export class RateLimiterUnavailable extends Data.TaggedError("RateLimiterUnavailable")<{ readonly detail: string }> {
  readonly retryable = true
}

export class RateLimiter extends Context.Service<
  RateLimiter,
  {
    /** Takes one token of the user's. A token whose taking could not be confirmed may be spent, never given twice. */
    readonly take: (key: RateKey) => Effect.Effect<RateDecision, RateLimiterUnavailable>
  }
>()("attune/ratelimit/RateLimiter") {}
