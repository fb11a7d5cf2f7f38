/**
 * Reads `SUB`: once as a whole for all partitions, and partition by partition where one is behind. The whole comes as what
 * the server republishes, which costs the stream no read at all (reading competes with writing for the stream's lock,
 * which under `sync_interval: always` is held through each sync: ADR 0007). Sequences prove it to be without a gap; a gap,
 * and the end, when it has been silent for a second, is read from the stream. At rest that is one empty read a second.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { NatsError } from "#nats/NatsError.ts"
import { atFromLeader, directGet, lastFromLeader } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { listenLive } from "#nats/live.ts"
import { ALL_SUBMISSIONS, ANY_WAKE, submissionsOfPartition } from "#nats/Subjects.ts"
import { SUB } from "#nats/Topology.ts"
import { feedGapsTotal } from "./metrics.ts"
import { FeedOrder } from "./FeedOrder.ts"
import type { PartitionLog } from "./PartitionLog.ts"
import { IDLE_MS, type Workbench } from "./Workbench.ts"

const FEED_BATCH = { batch: 256, max_bytes: 1024 * 1024 }
const CATCH_UP_BATCH = { batch: 128, max_bytes: 512 * 1024 }
const CATCH_UP_CONCURRENCY = 4
const RETRY_MS = 250
const LAG_RETRY_MS = 20

/** The last submission of all; 0 if there is none. */
export const lastSubmission = ({ connection }: Workbench): Effect.Effect<number, NatsError> =>
  Effect.map(
    lastFromLeader(connection, SUB, ALL_SUBMISSIONS),
    Option.match({ onNone: () => 0, onSome: ({ seq }) => seq })
  )

const logFailure = (what: string) => (error: NatsError) =>
  Effect.logWarning(what).pipe(Effect.annotateLogs({ error: error.message }), Effect.andThen(Effect.sleep(RETRY_MS)))

/** Reads on from `start` for ever, without a gap. */
export const runFeed = (bench: Workbench, start: number): Effect.Effect<never> => {
  const { connection, intake } = bench
  const order = new FeedOrder(start)

  const deliver = (messages: ReadonlyArray<StoredMessage>) => {
    if (messages.length === 0) return
    const left = intake.offer(messages)
    bench.prepare.notify()
    if (left) bench.catchUp.notify()
  }

  /** What the answering replica does not have, its leader may; what the leader does not have is lost. */
  const fillFromLeader = Effect.gen(function* () {
    for (const seq of order.gap) {
      const found = yield* atFromLeader(connection, SUB, seq)
      yield* Metric.update(feedGapsTotal, 1)
      if (Option.isSome(found)) {
        deliver(order.accept(found.value))
      } else {
        // Nothing may delete from this stream: only a damaged disk takes a message away.
        yield* Effect.logError("A submission is missing from the stream").pipe(Effect.annotateLogs({ sequence: seq }))
        deliver(order.skip())
      }
    }
  })

  const readOn = Effect.gen(function* () {
    const seq = order.position + 1
    const messages = yield* directGet(connection, SUB, { seq, next_by_subj: ALL_SUBMISSIONS, ...FEED_BATCH })
    for (const message of messages) deliver(order.accept(message))
    // Pushed before it was read is ordinary; read, and still not there, is not.
    if (messages.length > 0 && order.position < seq) yield* fillFromLeader
    return messages.length
  })

  const loop = Effect.gen(function* () {
    for (let seen = -1; ;) {
      // Whatever is lost while messages arrive shows as a gap: only a silent end has to be asked about.
      const flows = order.gap.length === 0 && order.position > seen && seen !== -1
      seen = order.position
      const failed = (error: NatsError) => Effect.as(logFailure("Submissions cannot be read")(error), 0)
      const read = flows ? 0 : yield* Effect.catch(readOn, failed)
      if (read === FEED_BATCH.batch) continue
      // Jittered, so that many instances do not ask in step. A gap that stays is a replica that lags.
      const rest = order.gap.length > 0 ? LAG_RETRY_MS : IDLE_MS * (yield* Random.nextBetween(0.8, 1.2))
      yield* bench.feed.wait(rest)
    }
  })

  const listen = Effect.acquireRelease(
    Effect.sync(() =>
      listenLive(connection, ANY_WAKE, {
        onMessage: (message) => {
          deliver(order.accept(message))
          if (order.gap.length > 0) bench.feed.notify()
        },
        // What was not heard is read a second later: slower, and still without a gap.
        onError: () => bench.feed.notify()
      })
    ),
    (stop) => Effect.sync(stop)
  )
  return Effect.scoped(Effect.andThen(listen, loop))
}

/** Lets partitions that are behind the feed read for themselves, until they have caught up. */
export const runCatchUp = (bench: Workbench): Effect.Effect<never> => {
  const { connection, intake } = bench
  const read = (log: PartitionLog) =>
    directGet(connection, SUB, {
      seq: log.position + 1,
      next_by_subj: submissionsOfPartition(log.index),
      ...CATCH_UP_BATCH
    }).pipe(
      Effect.map((messages) => {
        intake.offerTo(log, messages)
        bench.prepare.notify()
        return messages.length
      }),
      Effect.catch((error) => Effect.as(logFailure("A partition's submissions cannot be read")(error), 0))
    )
  return Effect.gen(function* () {
    while (true) {
      const counts = yield* Effect.forEach(intake.behind(), read, { concurrency: CATCH_UP_CONCURRENCY })
      if (counts.every((count) => count === 0)) yield* bench.catchUp.wait(IDLE_MS)
    }
  })
}
