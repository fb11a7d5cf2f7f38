/**
 * Whether a message sent now would reach its room: every part it would pass is asked each second, without sending one.
 * An answer that is too old counts as none.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { METRICS, ready as readyGauge } from "./metrics.ts"

/** One part: what it is called, and how it is asked. Answers undefined when it is well, or in words why not. */
export interface ReadinessCheck {
  readonly part: string
  readonly ask: Effect.Effect<string | undefined>
  /** What is said of it while it is well, where "ok" would hide something. */
  readonly remark?: () => string
}

/** A part's answer: why it is not well, if it is not, and what to say if it is. */
export interface PartAnswer {
  readonly part: string
  readonly why: string | undefined
  readonly remark: string
}

export interface ReadinessReport {
  readonly ready: boolean
  /** Each part: "ok" (or a remark beside it), or why not. */
  readonly parts: Readonly<Record<string, string>>
}

const ASK_EVERY = "1 second"
const ASK_FOR = "3 seconds"
/** A report older than this says nothing any more. */
const STALE_AFTER_MS = 5_000

export const reportOf = (answers: ReadonlyArray<PartAnswer>): ReadinessReport => ({
  ready: answers.every(({ why }) => why === undefined),
  parts: Object.fromEntries(answers.map(({ part, remark, why }) => [part, why ?? remark]))
})

const NOT_ASKED: ReadinessReport = { ready: false, parts: { readiness: "no part has answered lately" } }

const askAll = (checks: ReadonlyArray<ReadinessCheck>) =>
  Effect.forEach(
    checks,
    ({ ask, part, remark }) =>
      ask.pipe(
        Effect.timeoutOrElse({ duration: ASK_FOR, orElse: () => Effect.succeed("did not answer in time") }),
        Effect.map((why): PartAnswer => ({ part, why, remark: remark?.() ?? "ok" }))
      ),
    { concurrency: "unbounded" }
  ).pipe(Effect.map(reportOf))

/** The parts that are not well, with the reason. */
const brokenOf = ({ parts }: ReadinessReport): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(parts).filter(([, why]) => !why.startsWith("ok")))

const changed = (before: ReadinessReport, after: ReadinessReport): boolean =>
  before.ready !== after.ready || JSON.stringify(before.parts) !== JSON.stringify(after.parts)

export class Readiness extends Context.Service<Readiness, { readonly report: () => ReadinessReport }>()(
  "attune/edge/Readiness"
) {
  static readonly layer = <R>(checks: Effect.Effect<ReadonlyArray<ReadinessCheck>, never, R>) =>
    Layer.effect(
      Readiness,
      Effect.gen(function* () {
        const parts = yield* checks
        let last = NOT_ASKED
        let askedAt = Number.NEGATIVE_INFINITY
        const look = Effect.gen(function* () {
          const report = yield* askAll(parts)
          if (changed(last, report)) {
            yield* report.ready
              ? Effect.logInfo("ready")
              : Effect.logWarning("not ready").pipe(Effect.annotateLogs(brokenOf(report)))
          }
          last = report
          askedAt = performance.now()
          readyGauge.updateUnsafe(report.ready ? 1 : 0, METRICS)
        })
        yield* look.pipe(Effect.andThen(Effect.sleep(ASK_EVERY)), Effect.forever, forkForever("the edge's readiness"))
        return Readiness.of({
          report: () => (performance.now() - askedAt > STALE_AFTER_MS ? NOT_ASKED : last)
        })
      })
    )
}
