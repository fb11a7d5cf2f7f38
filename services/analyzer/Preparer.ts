/**
 * From stored submissions to events ready to be appended: opens what was read, asks the engine for all texts of a round
 * at once, encodes. Partitions are read beside each other; one round is scored at a time, and the next collects meanwhile.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type { Analyzer } from "#libs/analysis/Analyzer.ts"
import type { Annotation } from "#libs/domain/Annotation.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { annotatedEvent } from "./annotatedEvent.ts"
import { deferredTotal, keysWaitTotal, parkedTotal, unscoredTotal } from "./metrics.ts"
import type { Deferrals } from "./Deferrals.ts"
import type { PartitionLog } from "./PartitionLog.ts"
import { type Answerable, type Reading, readSubmission } from "./readSubmission.ts"
import { sleepOf, type Workbench } from "./Workbench.ts"

export interface PreparerOptions {
  readonly epoch: string
  readonly deferrals: Deferrals
}

interface Portion {
  readonly log: PartitionLog
  readonly messages: ReadonlyArray<StoredMessage>
}

interface Read extends Portion {
  readonly answers: ReadonlyArray<Answerable>
  /** What stopped the reading before the portion's end. */
  readonly stoppedBy: Exclude<Reading, Answerable> | undefined
}

const ROUND_MESSAGES = 256
const PORTION_MESSAGES = 64
const KEYS_RETRY_MS = 250
const QUIET_RETRY_MS = 20

/** Takes a portion of each partition that has one, until the round is full; another partition is first each time. */
const nextRound = (logs: ReadonlyArray<PartitionLog>, turn: number, now: number): ReadonlyArray<Portion> => {
  const round: Array<Portion> = []
  const first = logs.length === 0 ? 0 : turn % logs.length
  let left = ROUND_MESSAGES
  for (const log of [...logs.slice(first), ...logs.slice(0, first)]) {
    const messages = log.beginPreparing(now, Math.min(left, PORTION_MESSAGES))
    if (messages.length === 0) continue
    round.push({ log, messages })
    left -= messages.length
    if (left === 0) break
  }
  return round
}

export const runPreparer = (
  bench: Workbench,
  keyring: Keyring["Service"],
  analyzer: Analyzer["Service"],
  { deferrals, epoch }: PreparerOptions
): Effect.Effect<never> => {
  const readPortion = ({ log, messages }: Portion, now: number): Effect.Effect<Read> =>
    Effect.gen(function* () {
      const answers: Array<Answerable> = []
      for (const message of messages) {
        const reading = yield* readSubmission(
          keyring,
          message,
          deferrals.isOver({ partition: log.index, srcSeq: message.seq, last: bench.intake.lastKnown(log.index), now })
        )
        if (reading._tag !== "Message" && reading._tag !== "Parked") {
          return { log, messages, answers, stoppedBy: reading }
        }
        answers.push(reading)
      }
      return { log, messages, answers, stoppedBy: undefined }
    })

  const count = (answers: ReadonlyArray<Answerable>, scores: ReadonlyMap<Answerable, Annotation>) =>
    Effect.gen(function* () {
      const messages = answers.filter(({ _tag }) => _tag === "Message").length
      if (messages > scores.size) yield* Metric.update(unscoredTotal, messages - scores.size)
      for (const answer of answers) {
        if (answer._tag === "Parked") {
          yield* Metric.update(Metric.withAttributes(parkedTotal, { reason: answer.reason }), 1)
          yield* Effect.logWarning("A submission is parked").pipe(
            Effect.annotateLogs({ reason: answer.reason, sequence: answer.message.seq })
          )
        }
      }
    })

  const score = (answers: ReadonlyArray<Answerable>): Effect.Effect<ReadonlyMap<Answerable, Annotation>> => {
    const asked = answers.flatMap((answer) =>
      answer._tag === "Message" && answer.text !== undefined ? [{ answer, text: answer.text }] : []
    )
    if (asked.length === 0) return Effect.succeed(new Map())
    return Effect.map(analyzer.annotate(asked.map(({ text }) => text)), (annotations) => {
      const pairs = asked.flatMap(({ answer }, at) => {
        const annotation = annotations[at]
        return annotation === undefined ? [] : [[answer, annotation] as const]
      })
      return new Map(pairs)
    })
  }

  const finish = ({ answers, log, stoppedBy }: Read, scores: ReadonlyMap<Answerable, Annotation>, now: number) =>
    Effect.gen(function* () {
      const origin = { epoch, analyzer: analyzer.identity, now }
      const prepared = answers.map((answer) => annotatedEvent(answer, scores.get(answer), origin))
      const resumeAt = stoppedBy?._tag === "NoKeys" ? now + KEYS_RETRY_MS : stoppedBy ? now + QUIET_RETRY_MS : 0
      const stoppedAt = log.endPreparing(prepared, resumeAt)
      if (stoppedBy?._tag === "NoKeys") yield* Metric.update(keysWaitTotal, 1)
      // What stands before it is appended first; then nothing of this partition's work is lost by letting go.
      if (stoppedBy?._tag !== "TooNew" || stoppedAt === undefined || !log.isQuiet) return
      deferrals.defer(log.index, stoppedAt, now)
      bench.intake.disown(log)
      yield* Metric.update(deferredTotal, 1)
    })

  /** What has been read and not yet been scored. */
  const arrived: Array<Exit.Exit<Read>> = []
  /** Beside the loop: a partition whose keys are out of reach holds up none of the others. */
  const startReading = (portion: Portion, now: number) =>
    readPortion(portion, now).pipe(
      Effect.exit,
      Effect.map((read) => {
        arrived.push(read)
        bench.prepare.notify()
      }),
      Effect.forkChild({ startImmediately: true })
    )

  const takeArrived = Effect.gen(function* () {
    const taken: Array<Read> = []
    let left = ROUND_MESSAGES
    while (left > 0) {
      const next = arrived.shift()
      if (next === undefined) break
      // A defect of the reading is this loop's own.
      const read = yield* next
      taken.push(read)
      left -= read.answers.length
    }
    return taken
  })

  return Effect.gen(function* () {
    for (let turn = 0; ; turn++) {
      const now = yield* Clock.currentTimeMillis
      const logs = [...bench.intake.logs.values()]
      for (const portion of nextRound(logs, turn, now)) yield* startReading(portion, now)
      const read = yield* takeArrived
      if (read.length === 0) {
        yield* bench.prepare.wait(
          sleepOf(
            now,
            logs.map((log) => log.wakesAt(now))
          )
        )
        continue
      }
      const answers = read.flatMap((portion) => portion.answers)
      const scores = yield* score(answers)
      yield* count(answers, scores)
      const scoredAt = yield* Clock.currentTimeMillis
      for (const portion of read) yield* finish(portion, scores, scoredAt)
      bench.append.notify()
    }
  })
}
