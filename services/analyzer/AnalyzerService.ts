/**
 * The sequencer: the only writer of `ANN`. It holds a fair share of the partitions and answers every submission of each
 * with exactly one event, in order, whatever crashes, pauses or runs beside it (ADR 0007).
 *
 * It starts over after every reconnect: whoever answers then may not be who answered before, so nothing that was
 * remembered of heads, positions or leases is trusted.
 */
import { randomBytes } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { Analyzer } from "#libs/analysis/Analyzer.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { readEpoch } from "#nats/epoch.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { runAppender } from "./Appender.ts"
import { Deferrals } from "./Deferrals.ts"
import { runHoleMonitor } from "./HoleMonitor.ts"
import { comeToRest, leave, runLeaseKeeper } from "./LeaseKeeper.ts"
import { makeLeases } from "./Leases.ts"
import { runPreparer } from "./Preparer.ts"
import { Signal } from "./Signal.ts"
import { lastSubmission, runCatchUp, runFeed } from "./SubmissionFeed.ts"
import { makeWorkbench } from "./Workbench.ts"

export interface AnalyzerOptions {
  /** How long a submission of an unknown version waits for a newer build before it is parked. */
  readonly tooNewWaitMs?: number
  /** How often the log is searched for submissions that were passed over. */
  readonly holesEveryMs?: number
}

export interface AnalyzerStatus {
  /** How many partitions this process works on. */
  readonly partitions: number
  /** It reaches the broker, keeps its leases, and is not refused its appends. */
  readonly healthy: boolean
}

const TOO_NEW_WAIT_MS = 60_000
const HOLES_EVERY_MS = 60_000
const RESTART_MS = 250
const INSTANCE_BYTES = 9

const placeOf = (defect: unknown): string =>
  defect instanceof Error ? `${defect.name} ${defect.stack?.match(/^ +at .*$/m)?.[0].trim() ?? ""}` : typeof defect

const make = Effect.fnUntraced(function* ({
  holesEveryMs = HOLES_EVERY_MS,
  tooNewWaitMs = TOO_NEW_WAIT_MS
}: AnalyzerOptions) {
  const connection = yield* NatsConnection
  const keyring = yield* Keyring
  const analyzer = yield* Analyzer
  const instance = randomBytes(INSTANCE_BYTES).toString("base64url")
  const leases = makeLeases(connection, instance)
  const deferrals = new Deferrals(tooNewWaitMs)
  let bench = makeWorkbench(connection)
  let healthy = false

  const work: Effect.Effect<never, NatsError> = Effect.gen(function* () {
    const epoch = yield* Effect.provideService(readEpoch, NatsConnection, connection)
    const current = makeWorkbench(connection)
    bench = current
    const start = yield* lastSubmission(current)
    return yield* Effect.raceAllFirst([
      runFeed(current, start),
      runCatchUp(current),
      runPreparer(current, keyring, analyzer, { epoch, deferrals }),
      runAppender(current),
      runHoleMonitor(current, keyring, analyzer, { epoch, everyMs: holesEveryMs }),
      runLeaseKeeper(current, { instance, leases, deferrals, onTick: (well) => (healthy = well) })
    ])
  })

  const reconnected = new Signal()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      connection.onChange((change) => {
        if (change === "reconnected") reconnected.notify()
      })
    ),
    (stop) => Effect.sync(stop)
  )
  const supervised = work.pipe(
    Effect.raceFirst(reconnected.wait()),
    Effect.catch((error) =>
      Effect.logWarning("The analyzer starts over").pipe(Effect.annotateLogs({ error: error.message }))
    ),
    // Not its message: a defect may quote what it was busy with.
    Effect.catchDefect((defect) =>
      Effect.logError("The analyzer starts over after a defect").pipe(Effect.annotateLogs({ at: placeOf(defect) }))
    ),
    Effect.andThen(Effect.sync(() => (healthy = false))),
    Effect.andThen(Effect.sleep(RESTART_MS)),
    Effect.forever
  )
  // The log must be one that was provisioned: better to be told so now than never to be ready.
  yield* readEpoch
  const fiber = yield* forkForever("the analyzer")(supervised)
  yield* Effect.addFinalizer(() =>
    // The keeper ends before the farewell, which it would take back.
    comeToRest(bench).pipe(Effect.andThen(Fiber.interrupt(fiber)), Effect.andThen(leave(leases)))
  )
  return AnalyzerService.of({
    status: () => ({ partitions: bench.intake.logs.size, healthy: healthy && connection.isConnected() })
  })
})

export class AnalyzerService extends Context.Service<AnalyzerService, { readonly status: () => AnalyzerStatus }>()(
  "attune/analyzer/AnalyzerService"
) {
  static readonly layer = (
    options: AnalyzerOptions = {}
  ): Layer.Layer<AnalyzerService, NatsError, NatsConnection | Keyring | Analyzer> =>
    Layer.effect(AnalyzerService, make(options))
}
