/**
 * Reads `SUB`: once as a whole for all partitions (woken by the republished headers, and once a second in case a wake
 * was lost), and partition by partition where one is behind. Whole reading is asserted to be without a gap: what a
 * damaged replica skips is read from the leader. At rest it costs one empty read a second.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { NatsError } from "#nats/NatsError.ts"
import { atFromLeader, directGet, lastFromLeader } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { ALL_SUBMISSIONS, ANY_WAKE, submissionsOfPartition } from "#nats/Subjects.ts"
import { SUB } from "#nats/Topology.ts"
import { feedGapsTotal } from "./metrics.ts"
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

/** The sequences between `position` and `next`, both left out. */
const between = (position: number, next: number): ReadonlyArray<number> =>
  Array.from({ length: next - position - 1 }, (_, at) => position + 1 + at)

const logFailure = (what: string) => (error: NatsError) =>
  Effect.logWarning(what).pipe(Effect.annotateLogs({ error: error.message }), Effect.andThen(Effect.sleep(RETRY_MS)))

/** Reads on from `start` for ever, without a gap. */
export const runFeed = (bench: Workbench, start: number): Effect.Effect<never> => {
  const { connection, intake } = bench
  let position = start
  let announced = start

  const fromLeader = (seq: number) =>
    Effect.flatMap(atFromLeader(connection, SUB, seq), (message) =>
      Option.isSome(message)
        ? Effect.as(Metric.update(feedGapsTotal, 1), [message.value])
        : // Nothing may delete from this stream: only a lost disk block takes a message away.
          Effect.as(
            Effect.logError("A submission is missing from the stream").pipe(Effect.annotateLogs({ sequence: seq })),
            []
          )
    )

  const deliver = (messages: ReadonlyArray<StoredMessage>) =>
    Effect.gen(function* () {
      for (const message of messages) {
        for (const seq of between(position, message.seq)) {
          intake.offer(yield* fromLeader(seq))
          position = seq
        }
        if (message.seq === position + 1) {
          intake.offer([message])
          position = message.seq
        }
      }
      bench.prepare.notify()
      if (intake.behind().length > 0) bench.catchUp.notify()
    })

  const readOn = Effect.gen(function* () {
    const messages = yield* directGet(connection, SUB, {
      seq: position + 1,
      next_by_subj: ALL_SUBMISSIONS,
      ...FEED_BATCH
    })
    if (messages.length > 0) yield* deliver(messages)
    return messages.length
  })

  const loop = Effect.gen(function* () {
    while (true) {
      if (intake.isCongested) {
        yield* bench.feed.wait(IDLE_MS)
        continue
      }
      const read = yield* Effect.catch(readOn, (error) => Effect.as(logFailure("Submissions cannot be read")(error), 0))
      if (read === FEED_BATCH.batch || (read > 0 && position < announced)) continue
      // A replica may not have yet what was announced; else jittered, so that many instances do not ask in step.
      yield* bench.feed.wait(position < announced ? LAG_RETRY_MS : IDLE_MS * (yield* Random.nextBetween(0.8, 1.2)))
    }
  })

  const listen = Effect.acquireRelease(
    Effect.sync(() =>
      connection.raw.subscribe(ANY_WAKE, {
        callback: (error, message) => {
          // A refused subscription shows as slow wakes only; the poll keeps the promise.
          if (error !== null) return
          announced = Math.max(announced, Number(message.headers?.get("Nats-Sequence") ?? 0))
          if (announced > position) bench.feed.notify()
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
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
