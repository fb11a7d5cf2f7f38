/**
 * The limiter that all edges share: the broker's bucket holds one entry for each admitted message, refuses the entry too
 * many, and drops each when it is a window old (ADR 0004). So the limit holds for any number of edges and by one clock.
 *
 * A refused user's oldest entry is read once; until it is gone the edge refuses by itself, and the broker hears nothing.
 * The broker sweeps old entries in steps of up to 250 ms; one that is due is waited for, so that a client which comes
 * back exactly when it was told to is admitted.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import type { RateRule } from "#nats/Topology.ts"
import { countDecision, countReset } from "./metrics.ts"
import { bucketState, entriesOf, putEntry, requireRule } from "./RateBucket.ts"
import type { RateDecision, RateKey } from "./RateLimiter.ts"
import { RateLimiter, RateLimiterUnavailable } from "./RateLimiter.ts"
import { makeRefusals } from "./Refusals.ts"
import type { Sighting } from "./retryAfter.ts"
import { refusedFor } from "./retryAfter.ts"

const KNOWN_REFUSALS = 50_000
/** How long a sight of the broker's clock is worth: two clocks drift apart by less than a millisecond in this time. */
const SIGHTING_LASTS_MS = 5_000
/** How often to look whether a due entry has been swept, and for how long. */
const SWEEP_POLL = "25 millis"
const PATIENCE_MS = 1_500
const NANOSECONDS = 1_000_000

const unavailable = ({ reason }: NatsError) => new RateLimiterUnavailable({ detail: `the rate bucket: ${reason}` })

const makeBucketLimiter = (connection: Connection, clock: Clock.Clock) => {
  const refusals = makeRefusals(KNOWN_REFUSALS)
  const learning = new Map<RateKey, Deferred.Deferred<void>>()
  let sighting: Sighting | undefined
  let highest = 0
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / NANOSECONDS

  const seeClock = Effect.suspend(() => {
    if (sighting !== undefined && now() - sighting.seenAt < SIGHTING_LASTS_MS) return Effect.succeed(sighting)
    return Effect.map(bucketState(connection), ({ brokerTime, windowMs, config }) => {
      sighting = { brokerTime, windowMs, maxEvents: config.max_msgs_per_subject, seenAt: now() }
      return sighting
    })
  })

  /** Finds out until when a user is refused; returns a moment later without an answer when he may try again. */
  const ask = Effect.fnUntraced(function* (key: RateKey) {
    const [entries, seen] = yield* Effect.all([entriesOf(connection, key), seeClock], { concurrency: 2 })
    const wait = refusedFor(entries, seen, now())
    // Fewer entries than the limit: one has just gone, or the limit has been lowered since it was last seen.
    if (entries !== undefined && entries.count < seen.maxEvents) sighting = undefined
    if (wait > 0) refusals.refuse(key, now() + wait)
    else yield* Effect.sleep(SWEEP_POLL)
  })

  /** One question a user at a time, however many of his messages wait for the answer. */
  const learn = (key: RateKey): Effect.Effect<void, NatsError> =>
    Effect.suspend(() => {
      const running = learning.get(key)
      if (running !== undefined) return Deferred.await(running)
      const done = Deferred.makeUnsafe<void>()
      learning.set(key, done)
      return ask(key).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            learning.delete(key)
            Deferred.doneUnsafe(done, Effect.void)
          })
        )
      )
    })

  const put = (key: RateKey): Effect.Effect<"stored" | "full", NatsError> =>
    putEntry(connection, key).pipe(
      Effect.map((seq) => {
        highest = Math.max(highest, seq)
        return "stored" as const
      }),
      Effect.catchIf(
        ({ reason }) => reason === "SubjectFull",
        () => Effect.succeed("full" as const)
      )
    )

  const decide = Effect.fnUntraced(function* (key: RateKey) {
    const started = now()
    while (now() - started < PATIENCE_MS) {
      const left = refusals.left(key, now())
      if (left > 0) return { _tag: "Limited", retryAfterMs: Math.ceil(left) } satisfies RateDecision
      if (learning.has(key)) yield* learn(key)
      else if ((yield* put(key)) === "stored") return { _tag: "Admitted" } satisfies RateDecision
      else yield* learn(key)
    }
    return yield* new RateLimiterUnavailable({ detail: "the rate bucket does not drop its old entries" })
  })

  return {
    take: (key: RateKey): Effect.Effect<RateDecision, RateLimiterUnavailable> =>
      decide(key).pipe(
        Effect.catchTag("NatsError", (error) => Effect.fail(unavailable(error))),
        Effect.tap(({ _tag }) => countDecision(_tag === "Admitted" ? "admitted" : "limited")),
        Effect.tapError(() => countDecision("unavailable"))
      ),
    /** After a reconnect: a bucket that counts lower than it acknowledged has lost its entries with its server. */
    checkReset: Effect.gen(function* () {
      sighting = undefined
      const { lastSeq } = yield* bucketState(connection)
      if (lastSeq >= highest) return
      highest = lastSeq
      yield* countReset
    })
  }
}

const nextReconnect = (connection: Connection): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const stop = connection.onChange((change) => {
      if (change !== "reconnected") return
      stop()
      resume(Effect.void)
    })
    return Effect.sync(stop)
  })

const make = Effect.fnUntraced(function* (rule: RateRule) {
  const connection = yield* NatsConnection
  const { config } = yield* bucketState(connection)
  yield* requireRule(config, rule)
  const { take, checkReset } = makeBucketLimiter(connection, yield* Clock.Clock)
  yield* nextReconnect(connection).pipe(
    Effect.andThen(
      checkReset.pipe(
        Effect.retry({ while: ({ retryable }: NatsError) => retryable, schedule: Schedule.spaced("250 millis") }),
        Effect.catchTag("NatsError", (error) => Effect.logWarning(error.message))
      )
    ),
    Effect.forever,
    forkForever("the rate limiter's watch")
  )
  return RateLimiter.of({ take })
})

/** The shared limiter; refuses to start (`Drift`) beside a bucket that enforces something else (invariant I10). */
export const layerKv = (rule: RateRule): Layer.Layer<RateLimiter, NatsError, NatsConnection> =>
  Layer.effect(RateLimiter, make(rule))
