/**
 * Looks for submissions that were passed over: a damaged replica can skip messages silently, and then the checkpoint goes
 * over them. Reads `ANN` on from where it was, without a gap, and compares the `Src-Seq` there with the sequences of
 * `SUB`, which are dense. What it finds it alarms about, and answers late through the same fence, so that a submission
 * that is answered after all is never answered twice (ADR 0007). One instance does it: the holder of partition 0.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Analyzer } from "#libs/analysis/Analyzer.ts"
import { decodeCheckpoint } from "#libs/events/decodeEnvelope.ts"
import { Header } from "#libs/events/Envelope.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { atFromLeader, directGet } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { ALL_ANNOTATED, partitionOfSubmission } from "#nats/Subjects.ts"
import { ANN, SUB } from "#nats/Topology.ts"
import { annotatedEvent } from "./annotatedEvent.ts"
import { fenced } from "./fenced.ts"
import type { Head } from "./Head.ts"
import { noteProgress, readProgress } from "./HoleProgress.ts"
import { HoleProbe } from "./HoleProbe.ts"
import { HoleWindow, type Scan } from "./HoleWindow.ts"
import { checkedThrough, holesFilledTotal, holesFoundTotal } from "./metrics.ts"
import { readHead } from "./readHead.ts"
import { readSubmission } from "./readSubmission.ts"
import { lastSubmission } from "./SubmissionFeed.ts"
import type { Workbench } from "./Workbench.ts"

export interface HoleMonitorOptions {
  readonly epoch: string
  readonly everyMs: number
}

const CAPACITY = 200_000
/** At most 5,000 events a second, so that reading a long log again does not get in anybody's way. */
const PAGE = { batch: 500, max_bytes: 1024 * 1024 }
const PAGE_PAUSE_MS = 100
const SUSPECTS = 1_000
const SOLE_KEEPER = 0

const srcSeqOf = ({ headers }: StoredMessage): number | undefined => {
  const checkpoint = decodeCheckpoint(headers)
  return Result.isSuccess(checkpoint) ? checkpoint.success[Header.srcSeq] : undefined
}

export const runHoleMonitor = (
  bench: Workbench,
  keyring: Keyring["Service"],
  analyzer: Analyzer["Service"],
  { epoch, everyMs }: HoleMonitorOptions
): Effect.Effect<never> => {
  const { connection, intake } = bench

  /** Looks at what follows, at most a page; what the answering replica skips, the leader is asked for. */
  const scanPage = (scan: Scan): Effect.Effect<number, NatsError> =>
    Effect.gen(function* () {
      const query = { seq: scan.scanned + 1, next_by_subj: ALL_ANNOTATED, ...PAGE }
      const messages = yield* directGet(connection, ANN, query)
      for (const message of messages) {
        yield* scanFromLeader(scan, message.seq - 1)
        scan.see(message.seq, srcSeqOf(message))
      }
      return messages.length
    })

  const scanFromLeader = (scan: Scan, to: number): Effect.Effect<void, NatsError> =>
    Effect.gen(function* () {
      for (let seq = scan.scanned + 1; seq <= to; seq++) {
        const event = yield* atFromLeader(connection, ANN, seq)
        scan.see(seq, Option.isSome(event) ? srcSeqOf(event.value) : undefined)
      }
    })

  const fill = (message: StoredMessage, partition: number, head: Head): Effect.Effect<boolean, NatsError> =>
    Effect.gen(function* () {
      const answer = yield* readSubmission(keyring, message, false)
      // Its time comes in a later round.
      if (answer._tag === "NoKeys" || answer._tag === "TooNew") return false
      const texts = answer._tag === "Message" && answer.text !== undefined ? [answer.text] : []
      const [annotation] = yield* analyzer.annotate(texts)
      const now = yield* Clock.currentTimeMillis
      const origin = { epoch, analyzer: analyzer.identity, now, subThrough: head.through }
      yield* publish(connection, fenced(annotatedEvent(answer, annotation, origin).outgoing, partition, head))
      yield* Metric.update(holesFilledTotal, 1)
      return true
    })

  /** Decides about a submission that no scanned event answers: still to be answered, answered since, or passed over. */
  const examine = (window: HoleWindow, scan: Scan, srcSeq: number): Effect.Effect<void, NatsError> =>
    Effect.gen(function* () {
      const found = yield* atFromLeader(connection, SUB, srcSeq)
      if (Option.isNone(found)) {
        yield* Effect.logError("A submission is missing from the stream").pipe(
          Effect.annotateLogs({ sequence: srcSeq })
        )
        window.excuse(srcSeq)
        return
      }
      const partition = partitionOfSubmission(found.value.subject)
      const head = yield* readHead(connection, partition)
      if (srcSeq > head.through) return
      // Whatever was appended up to this head is looked at; what comes after it, the fence refuses us for.
      yield* scanFromLeader(scan, head.seq)
      if (scan.isAnswered(srcSeq)) {
        window.excuse(srcSeq)
        return
      }
      yield* Metric.update(holesFoundTotal, 1)
      yield* Effect.logError("A submission was passed over; it is answered late").pipe(
        Effect.annotateLogs({ sequence: srcSeq, partition })
      )
      if (yield* fill(found.value, partition, head)) window.excuse(srcSeq)
    })

  const scanToEnd = (scan: Scan, until: () => boolean): Effect.Effect<void, NatsError> =>
    Effect.gen(function* () {
      while (!until() && (yield* scanPage(scan)) > 0) yield* Effect.sleep(PAGE_PAUSE_MS)
    })

  /** A full window reads on only for what it waits for, and remembers nothing else of it. */
  const probeBeyond = (window: HoleWindow, suspects: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      yield* Effect.logWarning(
        "Many submissions wait for one that is not answered; its answer is searched for further on"
      )
      const probe = new HoleProbe(window.scanned, suspects)
      yield* scanToEnd(probe, () => probe.open.length === 0)
      for (const srcSeq of probe.answered) window.excuse(srcSeq)
      return probe
    })

  const round = (window: HoleWindow): Effect.Effect<void, NatsError> =>
    Effect.gen(function* () {
      yield* scanToEnd(window, () => window.isFull)
      const suspects = window.unanswered(yield* lastSubmission(bench), SUSPECTS)
      const probe = window.isFull ? yield* probeBeyond(window, suspects) : undefined
      for (const srcSeq of probe?.open ?? suspects) yield* examine(window, probe ?? window, srcSeq)
      yield* Metric.update(checkedThrough, window.base)
      yield* noteProgress(connection, { epoch, base: window.base, scanned: window.resumeAt })
    })

  return Effect.gen(function* () {
    let window: HoleWindow | undefined
    while (true) {
      yield* Effect.sleep(everyMs)
      if (!intake.logs.has(SOLE_KEEPER)) {
        window = undefined
        continue
      }
      yield* Effect.gen(function* () {
        window ??= new HoleWindow({ capacity: CAPACITY, ...(yield* readProgress(connection, epoch)) })
        yield* round(window)
      }).pipe(
        Effect.catch((error) =>
          Effect.logWarning("The search for holes goes on later").pipe(Effect.annotateLogs({ error: error.message }))
        )
      )
    }
  })
}
