/**
 * The log into the read model, for ever: batches become short transactions, and between two of them the event loop is
 * free for whoever shares the process. Whatever fails is begun again from the file's own position.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { tail } from "#nats/tail.ts"
import { ANN } from "#nats/Topology.ts"
import { slicesOf } from "./foldBatch.ts"
import * as metrics from "./metrics.ts"
import type { ProjectorError } from "./ProjectorError.ts"
import type { ReadModel } from "./ReadModel.ts"

export interface Following {
  readonly connection: Connection
  readonly model: ReadModel
  /** Holds a batch back until it is sure which log it is from. */
  readonly confirm: Effect.Effect<void, NatsError | ProjectorError>
  /** Most events a transaction. */
  readonly batchEvents: number
  /** Called after each transaction. */
  readonly onApplied: (applied: number) => void
}

const measure = (events: number, seconds: number, done: { readonly undecodable: number; readonly misplaced: number }) =>
  Effect.gen(function* () {
    yield* Metric.update(metrics.batchEvents, events)
    yield* Metric.update(metrics.batchSeconds, seconds)
    if (done.undecodable > 0) yield* Metric.update(metrics.undecodable, done.undecodable)
    if (done.misplaced > 0) yield* Metric.update(metrics.misplaced, done.misplaced)
  })

const applySlice = Effect.fnUntraced(function* (
  { model, confirm, onApplied }: Following,
  messages: ReadonlyArray<StoredMessage>
) {
  yield* confirm
  const start = performance.now()
  const done = yield* Effect.fromResult(model.apply(messages))
  const seconds = (performance.now() - start) / 1_000
  onApplied(model.applied())
  yield* measure(done.events, seconds, done)
  yield* Metric.update(metrics.appliedSequence, model.applied())
  yield* Effect.yieldNow
})

/**
 * A transaction costs a dozen system calls whatever its size, on the thread that serves sockets. After a small one the
 * next waits this long, and takes with it what has come meanwhile; catching up never waits.
 */
const PAUSE_MS = 20
const SMALL_BATCH = 50

/** Applies everything after the read model's position as it comes. Ends only by failing. */
export const follow = (following: Following): Effect.Effect<void, NatsError | ProjectorError> =>
  Effect.suspend(() =>
    tail(following.connection, { stream: ANN, from: following.model.applied() + 1 }).pipe(
      Stream.runForEach((batch) =>
        Effect.forEach(slicesOf(batch, following.batchEvents), (slice) => applySlice(following, slice), {
          discard: true
        }).pipe(Effect.andThen(batch.length < SMALL_BATCH ? Effect.sleep(PAUSE_MS) : Effect.void))
      )
    )
  )
