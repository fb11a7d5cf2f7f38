/** The analyzer of the product: its engine runs in a worker thread, so that nothing it does can hold a message up. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type { Annotation } from "#libs/domain/Annotation.ts"
import { Analyzer } from "./Analyzer.ts"
import { enginesReplaced } from "./metrics.ts"
import { SupervisedEngine } from "./SupervisedEngine.ts"
import { vaderIdentity } from "./vaderIdentity.ts"

export interface AnalyzerWorkerOptions {
  /** What has no score after this many milliseconds goes out without (invariant I11). */
  readonly deadlineMs: number
  /** Another engine's thread; that of the first engine when left out. */
  readonly entry?: URL
}

const FIRST_ENGINE_WITHIN = "5 seconds"
const VADER_THREAD = new URL("./vaderThread.ts", import.meta.url)

export const layerWorker = ({ deadlineMs, entry = VADER_THREAD }: AnalyzerWorkerOptions): Layer.Layer<Analyzer> =>
  Layer.effect(
    Analyzer,
    Effect.gen(function* () {
      const run = Effect.runForkWith(yield* Effect.context())
      const onReplaced = (why: "stuck" | "died") => {
        run(
          Effect.andThen(
            Metric.update(Metric.withAttributes(enginesReplaced, { why }), 1),
            Effect.logWarning("The analysis engine is replaced").pipe(Effect.annotateLogs({ why }))
          )
        )
      }
      const engine = yield* Effect.acquireRelease(
        Effect.sync(() => new SupervisedEngine({ entry, deadlineMs, onReplaced })),
        (started) => Effect.promise(() => started.close())
      )
      // An engine that cannot start must not keep messages from being sent: they go out without scores.
      yield* Effect.timeoutOption(
        Effect.promise(() => engine.ready),
        FIRST_ENGINE_WITHIN
      )
      return Analyzer.of({
        identity: vaderIdentity,
        annotate: (texts) =>
          Effect.callback<ReadonlyArray<Annotation | undefined>>((resume) => {
            const cancel = engine.annotate(texts, (answers) => resume(Effect.succeed(answers)))
            return Effect.sync(cancel)
          })
      })
    })
  )
