/**
 * Appends what is ready, fenced (ADR 0007). An append that was not acknowledged is never guessed about: the partition's
 * head is read again and says whether it is committed, to be retried, or fenced.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { NatsError } from "#nats/NatsError.ts"
import { type Acknowledged, type Outgoing, publish, publishBatch } from "#nats/publish.ts"
import { outcomeOf } from "./Head.ts"
import { annotatedTotal, unclearAppendsTotal } from "./metrics.ts"
import type { Append, PartitionLog } from "./PartitionLog.ts"
import { planCommit, type Share } from "./planCommit.ts"
import { readHead } from "./readHead.ts"
import { sleepOf, type Workbench } from "./Workbench.ts"

interface Entry extends Append {
  readonly log: PartitionLog
}

const TIMEOUT = { timeoutMs: 2_000 }
const immediately = { startImmediately: true }
const HEAD_RETRY_MS = 250

/** The sequence of each partition's last event, when the batch's very last one stands at `lastSeq`. */
const lastSequences = (entries: ReadonlyArray<Entry>, lastSeq: number): ReadonlyArray<number> => {
  const total = entries.reduce((sum, { messages }) => sum + messages.length, 0)
  let passed = 0
  return entries.map(({ messages }) => {
    passed += messages.length
    return lastSeq - total + passed
  })
}

export const runAppender = (bench: Workbench): Effect.Effect<never> => {
  const { connection, intake, trouble } = bench
  const inFlight = { singles: 0, outcasts: 0, batch: false }
  const wakeOthers = () => {
    bench.append.notify()
    // Room may have come free.
    bench.catchUp.notify()
  }

  /** Told once a streak: the next failures of the partition say nothing new. */
  const noteFailure = (partition: number, error: NatsError) =>
    Effect.gen(function* () {
      const hopeful = error.retryable || error.reason === "WrongLastSequence"
      if (!trouble.failed(partition, hopeful, yield* Clock.currentTimeMillis) || hopeful) return
      yield* Effect.logWarning("The broker refuses an append; it is tried again").pipe(
        Effect.annotateLogs({ partition, error: error.message })
      )
    })

  const settle = (entry: Entry, error: NatsError) =>
    Effect.gen(function* () {
      const found = yield* readHead(connection, entry.log.index)
      const outcome = outcomeOf(entry.attempt, found)
      yield* Metric.update(Metric.withAttributes(unclearAppendsTotal, { outcome }), 1)
      const log = outcome === "fenced" ? Effect.logInfo : Effect.logDebug
      yield* log("An append was not acknowledged").pipe(
        Effect.annotateLogs({ partition: entry.log.index, error: error.message, outcome })
      )
      if (outcome === "retry") yield* noteFailure(entry.log.index, error)
      else trouble.ended(entry.log.index)
      if (outcome === "fenced") intake.disown(entry.log)
      else entry.log.settled(outcome, found, yield* Clock.currentTimeMillis)
      bench.append.notify()
    })

  /** Asks the head what became of an append, until it is told or the partition is let go of. */
  const resolve = (entry: Entry, error: NatsError): Effect.Effect<void> =>
    Effect.catch(settle(entry, error), (failure) =>
      Effect.logDebug("The head of a partition cannot be read").pipe(
        Effect.annotateLogs({ partition: entry.log.index, error: failure.message }),
        // A broker out of reach is no reason to leave the partition to others: they cannot reach it either.
        Effect.andThen(failure.retryable ? Effect.void : noteFailure(entry.log.index, failure)),
        Effect.andThen(Effect.sleep(HEAD_RETRY_MS)),
        Effect.andThen(Effect.suspend(() => (intake.owns(entry.log) ? resolve(entry, error) : Effect.void)))
      )
    )

  const append = (
    entries: readonly [Entry, ...ReadonlyArray<Entry>],
    send: Effect.Effect<Acknowledged, NatsError>,
    ended: () => void
  ): Effect.Effect<void> =>
    send.pipe(
      Effect.onExit(() => Effect.sync(ended)),
      Effect.matchEffect({
        onSuccess: ({ seq }) => {
          const sequences = lastSequences(entries, seq)
          for (const [at, { attempt, log }] of entries.entries()) {
            log.appended(attempt, sequences[at] ?? seq)
            trouble.ended(log.index)
          }
          return Metric.update(
            annotatedTotal,
            entries.reduce((sum, { messages }) => sum + messages.length, 0)
          )
        },
        onFailure: (error) =>
          Effect.forEach(entries, (entry) => resolve(entry, error), { concurrency: "unbounded", discard: true })
      }),
      Effect.ensuring(Effect.sync(wakeOthers))
    )

  const startSingle = (partition: number) => {
    const log = intake.logs.get(partition)
    const entry = log === undefined ? undefined : { log, ...log.beginAppend(1) }
    const message = entry?.messages[0]
    if (entry === undefined || message === undefined) return Effect.void
    const kind = entry.log.appendsAlone ? "outcasts" : "singles"
    inFlight[kind] += 1
    return append([entry], publish(connection, message, TIMEOUT), () => {
      inFlight[kind] -= 1
    })
  }

  const startBatch = (shares: ReadonlyArray<Share>) => {
    const entries = shares.flatMap(({ count, partition }) => {
      const log = intake.logs.get(partition)
      return log === undefined ? [] : [{ log, ...log.beginAppend(count) }]
    })
    const [entry, ...more] = entries
    const [message, ...rest] = entries.flatMap(({ messages }): ReadonlyArray<Outgoing> => messages)
    if (entry === undefined || message === undefined) return Effect.void
    inFlight.batch = true
    return append([entry, ...more], publishBatch(connection, [message, ...rest], TIMEOUT), () => {
      inFlight.batch = false
    })
  }

  return Effect.gen(function* () {
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const logs = [...intake.logs.values()]
      const ready = logs.flatMap((log) => {
        const sizes = log.readySizes(now)
        return sizes.length === 0 ? [] : [{ partition: log.index, sizes, alone: log.appendsAlone }]
      })
      const plan = planCommit(ready, inFlight)
      // The appends run beside the loop and may outlast what they were started for: interrupting one tells nothing.
      switch (plan._tag) {
        case "wait":
          yield* bench.append.wait(
            sleepOf(
              now,
              logs.map((log) => log.wakesAt(now))
            )
          )
          break
        case "singles":
          for (const partition of plan.partitions) yield* Effect.forkChild(startSingle(partition), immediately)
          break
        case "batch":
          yield* Effect.forkChild(startBatch(plan.shares), immediately)
          break
      }
    }
  })
}
