/**
 * The projector: keeps a room-by-room copy of the annotated log in its own SQLite file and answers questions about it.
 * Any number of replicas run side by side, each with its own file; none of them is the truth (invariant I7).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { makeCheckpoints } from "./checkpoints.ts"
import { openDatabase, ownFile } from "./Database.ts"
import { follow } from "./follow.ts"
import { makeHistory } from "./History.ts"
import { isHealthy } from "./isHealthy.ts"
import { makeLogWatch, readLog } from "./LogWatch.ts"
import * as metrics from "./metrics.ts"
import { makeProgress } from "./Progress.ts"
import { ProjectorError } from "./ProjectorError.ts"
import { makeReadModel } from "./ReadModel.ts"
import { makeHistoryService } from "./serveHistory.ts"
import { shouldServe } from "./shouldServe.ts"

export interface ProjectorOptions {
  /** The SQLite file; its folder is made. Nobody else may work on it meanwhile. */
  readonly file: string
  /** A replica further behind than this many events answers no questions. */
  readonly maxLag?: number
}

export interface ProjectorStatus {
  /** Last sequence of `ANN` in the read model. */
  readonly applied: number
  /** Events it has still to apply, as of the last look at the log. */
  readonly lag: number
  /** It is in the queue group that answers questions. */
  readonly serving: boolean
  /** It knows the log's end, is near it, and moves. */
  readonly healthy: boolean
  /** Why it has stopped for good, if it has. */
  readonly refused?: string
}

const DEFAULT_MAX_LAG = 5_000
/** Most events a transaction: a few milliseconds at a time of an event loop that others may share. */
const BATCH_EVENTS = 200
const LOOK_EVERY = "500 millis"
const RETRY_AFTER = "1 second"
/** A broker that comes up beside this process is waited for. */
const awaited = <A, R>(first: Effect.Effect<A, NatsError | ProjectorError, R>) =>
  Effect.retry(first, {
    schedule: Schedule.spaced("250 millis").pipe(Schedule.upTo({ duration: "10 seconds" })),
    while: ({ retryable }) => retryable
  })

const isForeign = (error: NatsError | ProjectorError): error is ProjectorError =>
  error instanceof ProjectorError && error.reason === "ForeignLog"

const beginAgain = (error: NatsError | ProjectorError) =>
  Effect.andThen(Metric.update(metrics.failures, 1), Effect.logWarning(`the projector begins again: ${error.message}`))

const make = Effect.fnUntraced(function* ({ file, maxLag = DEFAULT_MAX_LAG }: ProjectorOptions) {
  const connection = yield* NatsConnection
  const keyring = yield* Keyring
  yield* ownFile(file)
  const { epoch } = yield* readLog(connection).pipe(awaited)
  const model = yield* makeReadModel(yield* openDatabase(file), epoch)
  yield* makeCheckpoints(file)
  const watch = yield* makeLogWatch(connection, model).pipe(awaited)
  const progress = makeProgress(model.applied())
  const service = yield* makeHistoryService(connection, yield* makeHistory(model, keyring, progress))

  let refused: string | undefined
  let movedAt = yield* Clock.currentTimeMillis
  const lag = () => Math.max(0, watch.head() - model.applied())

  const refuse = (error: ProjectorError) =>
    Effect.gen(function* () {
      refused = error.message
      yield* Effect.logError(`the projector has stopped for good: ${error.message}`)
      yield* service.leave
    })

  const following = follow({
    connection,
    model,
    confirm: watch.confirm,
    batchEvents: BATCH_EVENTS,
    onApplied: progress.advance
  }).pipe(
    Effect.catchIf((error) => !isForeign(error), beginAgain),
    Effect.andThen(Effect.sleep(RETRY_AFTER)),
    Effect.forever,
    Effect.catch(refuse)
  )

  /** Joins or leaves the queue group by what was last seen of the log. */
  const balance = Effect.gen(function* () {
    const wanted = shouldServe(service.isServing(), lag(), maxLag)
    if (wanted !== service.isServing()) yield* wanted ? service.join : service.leave
    yield* Metric.update(metrics.lagEvents, lag())
    yield* Metric.update(metrics.serving, service.isServing() ? 1 : 0)
  })

  let appliedBefore = model.applied()
  const watching = Effect.gen(function* () {
    yield* watch.look
    if (lag() === 0 || model.applied() !== appliedBefore) movedAt = yield* Clock.currentTimeMillis
    appliedBefore = model.applied()
    yield* balance
  }).pipe(
    // A log out of reach shows in `healthy`; what is there already is answered as long as somebody can ask.
    Effect.catchIf(
      (error) => !isForeign(error),
      () => Effect.void
    ),
    Effect.andThen(Effect.sleep(LOOK_EVERY)),
    Effect.forever,
    Effect.catch(refuse)
  )

  yield* balance
  // Either one finding the log to be another ends both.
  yield* Effect.raceFirst(following, watching).pipe(forkForever("the projector"))

  return ProjectorService.of({
    status: Effect.map(Clock.currentTimeMillis, (now) => ({
      applied: model.applied(),
      lag: lag(),
      serving: service.isServing(),
      healthy: refused === undefined && isHealthy({ now, seenAt: watch.seenAt(), movedAt, lag: lag(), maxLag }),
      ...(refused === undefined ? {} : { refused })
    }))
  })
})

export class ProjectorService extends Context.Service<
  ProjectorService,
  { readonly status: Effect.Effect<ProjectorStatus> }
>()("attune/projector/ProjectorService") {
  /** Fails with `Busy` if the file has another owner, with `ForeignLog` if it was filled from another log. */
  static readonly layer = (options: ProjectorOptions) => Layer.effect(ProjectorService, make(options))
}
