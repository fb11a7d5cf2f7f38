/** The parts a message passes on its way to its room, each with the question whether it would let it through now. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { RoomId } from "#libs/domain/RoomId.ts"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { askApi } from "#nats/api.ts"
import { acceptDurability } from "#nats/durability.ts"
import { type Connection, NatsConnection } from "#nats/NatsConnection.ts"
import { decodeStream, EPOCH_KEY } from "#nats/StreamConfig.ts"
import { ANN, bucketStream, KEYS, RATE_MESSAGE, SUB } from "#nats/Topology.ts"
import { Broadcaster } from "#services/broadcaster/Broadcaster.ts"
import { follow, isLagging, NO_GOAL } from "./Catchup.ts"
import type { EdgeOptions } from "./EdgeOptions.ts"
import { durable, METRICS } from "./metrics.ts"
import type { ReadinessCheck } from "./Readiness.ts"
import { SequencerWatch } from "./SequencerWatch.ts"

/** Any room does: what is asked for is the read model's position. */
const PROBE_ROOM = RoomId.make("readyz")
const TIMEOUT_MS = 2_000
const DURABILITY_EVERY_MS = 10_000

const streamState = (connection: Connection, stream: string) =>
  askApi(connection, { endpoint: `STREAM.INFO.${stream}`, decode: decodeStream, timeoutMs: TIMEOUT_MS })

/** A stream's leader answers: what is written to it now is stored. */
const streamCheck = (connection: Connection, part: string, stream: string): ReadinessCheck => ({
  part,
  ask: streamState(connection, stream).pipe(
    Effect.as(undefined),
    Effect.catchTag("NatsError", ({ message }) => Effect.succeed(message))
  )
})

const historyCheck = (connection: Connection, history: HistoryClient["Service"]): ReadinessCheck => {
  let seen = NO_GOAL
  return {
    part: "history",
    ask: Effect.gen(function* () {
      const log = yield* streamState(connection, ANN)
      const page = yield* history.page({ room: PROBE_ROOM, limit: 1 })
      if (page.epoch !== log.config.metadata?.[EPOCH_KEY]) return "the read model is of another log"
      const now = performance.now()
      seen = follow(seen, page.applied, log.lastSeq, now)
      return isLagging(seen, page.applied, now)
        ? `the read model is ${log.lastSeq - page.applied} events behind`
        : undefined
    }).pipe(
      Effect.catchTags({
        NatsError: ({ message }) => Effect.succeed(message),
        HistoryError: ({ reason }) => Effect.succeed(`the read model does not answer: ${reason}`)
      })
    )
  }
}

const durabilityCheck = ({ accepted, read }: EdgeOptions["durability"]): ReadinessCheck => {
  let askedAt = Number.NEGATIVE_INFINITY
  let last: string | undefined
  let remark = "ok"
  return {
    part: "durability",
    // A weaker promise that the operator settled for is kept, and said (invariant I1).
    remark: () => remark,
    ask: Effect.gen(function* () {
      if (performance.now() - askedAt < DURABILITY_EVERY_MS) return last
      const verdict = yield* read
      durable.updateUnsafe(verdict._tag === "always" ? 1 : 0, METRICS)
      const judged = acceptDurability(verdict, accepted)
      remark =
        verdict._tag === "always"
          ? "ok"
          : `ok as configured (${accepted}), a sync before each acknowledgement is not assured`
      last = Result.isFailure(judged) ? judged.failure.detail : undefined
      // A bad answer is asked for again at once: it may come from a broker that is just starting.
      askedAt = last === undefined ? performance.now() : askedAt
      return last
    })
  }
}

export const readinessChecks = Effect.fnUntraced(function* (durability: EdgeOptions["durability"]) {
  const connection = yield* NatsConnection
  const broadcaster = yield* Broadcaster
  const sequencers = yield* SequencerWatch
  const checks: ReadonlyArray<ReadinessCheck> = [
    { part: "broker", ask: Effect.sync(() => (connection.isConnected() ? undefined : "not connected")) },
    streamCheck(connection, "submissions", SUB),
    streamCheck(connection, "rates", bucketStream(RATE_MESSAGE)),
    streamCheck(connection, "keys", bucketStream(KEYS)),
    {
      part: "sequencers",
      ask: Effect.sync(() => {
        const missing = sequencers.abandoned()
        return missing.length === 0 ? undefined : `nobody works on ${missing.length} partitions`
      })
    },
    historyCheck(connection, yield* HistoryClient),
    {
      part: "broadcaster",
      ask: Effect.sync(() => (broadcaster.isLive() ? undefined : "live events are not confirmed"))
    },
    durabilityCheck(durability)
  ]
  return checks
})
