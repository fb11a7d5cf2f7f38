/** The provisioned bucket behind a rule, asked as an edge may ask it. Its mechanism: ADR 0004. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { askApi } from "#nats/api.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { directGet } from "#nats/read.ts"
import type { FoundConfig, FoundStream } from "#nats/StreamConfig.ts"
import { configOf, decodeStream } from "#nats/StreamConfig.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { bucketStream, RATE_MESSAGE, type RateRule, topology } from "#nats/Topology.ts"
import type { RateKey } from "./RateLimiter.ts"
import type { Entries } from "./retryAfter.ts"

const STREAM = bucketStream(RATE_MESSAGE)
/** Someone waits for the answer: rather "unavailable" soon than a decision late. */
const TIMEOUT_MS = 1_000
const NANOSECONDS = 1_000_000

/** What the broker says of the bucket, with its own time. */
export interface BucketState {
  readonly brokerTime: number
  readonly windowMs: number
  readonly lastSeq: number
  readonly config: FoundConfig
}

const decodeTime = Schema.decodeUnknownResult(Schema.Struct({ ts: Schema.String }))
const stateOf = ({ config, lastSeq }: FoundStream, ts: string): BucketState => ({
  config,
  lastSeq,
  brokerTime: Date.parse(ts),
  windowMs: config.max_age / NANOSECONDS
})
const decodeState = (answer: unknown): Result.Result<BucketState, Schema.SchemaError> =>
  Result.flatMap(decodeStream(answer), (stream) => Result.map(decodeTime(answer), ({ ts }) => stateOf(stream, ts)))

/** Asks the bucket's leader: the same server whose clock stamps and ages the entries. */
export const bucketState = (connection: Connection): Effect.Effect<BucketState, NatsError> =>
  askApi(connection, { endpoint: `STREAM.INFO.${STREAM}`, decode: decodeState, timeoutMs: TIMEOUT_MS })

/** Puts an entry: the sequence it got, or `SubjectFull` when the user's are used up. */
export const putEntry = (connection: Connection, key: RateKey): Effect.Effect<number, NatsError> =>
  connection.isConnected()
    ? publish(connection, { subject: bucketKey(RATE_MESSAGE, key), data: "" }, { timeoutMs: TIMEOUT_MS }).pipe(
        Effect.map(({ seq }) => seq)
      )
    : // The library would keep the entry and spend the token whenever the broker is back.
      Effect.fail(new NatsError({ operation: "rate", reason: "Unavailable", detail: "not connected" }))

/** The user's oldest entry and how many there are, as the answering server has them; undefined if there is none. */
export const entriesOf = (connection: Connection, key: RateKey): Effect.Effect<Entries | undefined, NatsError> =>
  directGet(connection, STREAM, { seq: 1, next_by_subj: bucketKey(RATE_MESSAGE, key), batch: 1 }).pipe(
    Effect.map(([oldest]) =>
      oldest === undefined
        ? undefined
        : { oldestStoredAt: oldest.storedAt, count: 1 + Number(oldest.headers.get("Nats-Num-Pending")) }
    )
  )

const ENFORCING = [
  "max_msgs_per_subject",
  "max_age",
  "discard",
  "discard_new_per_subject",
  "allow_rollup_hdrs"
] as const

/** Fails with `Drift` when the bucket would not enforce this rule (invariant I10). */
export const requireRule = (found: FoundConfig, rule: RateRule): Effect.Effect<void, NatsError> => {
  const spec = topology({ replicas: 1, messageRate: rule }).find(({ name }) => name === STREAM)
  const wanted = spec === undefined ? undefined : configOf(spec)
  const different = ENFORCING.filter((field) => (found[field] ?? false) !== wanted?.[field])
  const detail = different.map((field) => `${field} is ${String(found[field])}, not ${String(wanted?.[field])}`)
  return different.length === 0
    ? Effect.void
    : Effect.fail(
        new NatsError({
          operation: "check rate bucket",
          reason: "Drift",
          detail: `${detail.join("; ")}: provision with the same limit that the edges are given`
        })
      )
}
