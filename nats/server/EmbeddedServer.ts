/**
 * The broker that Attune brings along: one nats-server with JetStream as a supervised child, for one data folder.
 *
 * Promises: acknowledged is synced (`sync_interval: always`, I1); a broker that dies is started again on the same port,
 * for ever, so that clients reconnect; it does not outlive this process. It needs the folder's lock (libs/datadir),
 * because a second broker on one store loses acknowledged messages.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { DataDir } from "#libs/datadir/DataDir.ts"
import type { BrokerEndpoint } from "#nats/server/BrokerEndpoint.ts"
import { type BrokerNotStarted, type BrokerProcess, startBrokerProcess } from "#nats/server/BrokerProcess.ts"
import { brokerFolder, prepareBrokerFolder } from "#nats/server/brokerFolder.ts"
import { endLeftover } from "#nats/server/endLeftover.ts"
import { restartDelay } from "#nats/server/restartDelay.ts"

/** How often the embedded broker had to be started again since this process began. */
export const brokerRestarts = Metric.counter("attune_broker_restarts_total", {
  description: "Times the embedded nats-server died and was started again",
  incremental: true
})

export interface EmbeddedServerOptions {
  /** The nats-server to run: an absolute path from `locateNatsServer`. */
  readonly binary: string
  /** The port of 127.0.0.1; 0 for a free one, which then stays for the life of this process. */
  readonly port: number
  readonly maxMemoryStoreBytes: number
  readonly maxFileStoreBytes: number
  /** How long recovery of the store may take before a start counts as failed. */
  readonly readyWithin: Duration.Input
}

export const embeddedServerDefaults: Omit<EmbeddedServerOptions, "binary"> = {
  port: 0,
  maxMemoryStoreBytes: 256 * 1024 ** 2,
  maxFileStoreBytes: 64 * 1024 ** 3,
  readyWithin: "60 seconds"
}

export class EmbeddedServer extends Context.Service<
  EmbeddedServer,
  {
    readonly endpoint: BrokerEndpoint
    /** The broker's process id; none while it is being restarted. */
    readonly pid: Effect.Effect<Option.Option<number>>
  }
>()("attune/nats/EmbeddedServer") {
  /** Fails when the first start fails; later deaths are repaired, logged and counted. */
  static readonly layer = (options: EmbeddedServerOptions) => Layer.effect(this, makeEmbeddedServer(options))
}

const makeEmbeddedServer = Effect.fnUntraced(function* (options: EmbeddedServerOptions) {
  const { path } = yield* DataDir
  const folder = brokerFolder(path)
  const leftover = yield* endLeftover(folder)
  if (Option.isSome(leftover)) yield* Effect.logWarning("ended a broker that an earlier run left behind")

  const credentials = yield* prepareBrokerFolder(folder, { ...options, sync: "always" })
  const current = yield* Ref.make(Option.none<BrokerProcess>())
  const first = yield* Deferred.make<BrokerProcess, BrokerNotStarted>()

  let port = options.port
  const life = Effect.gen(function* () {
    const broker = yield* startBrokerProcess({ ...options, ...folder, port })
    port = broker.port
    yield* Ref.set(current, Option.some(broker))
    if (!(yield* Deferred.succeed(first, broker))) yield* Effect.log("the broker is back")
    const { code, signal } = yield* broker.exited
    return `ended by itself (${signal ?? `exit code ${code}`})`
  }).pipe(
    Effect.scoped,
    Effect.catchTag("BrokerNotStarted", (error) =>
      Effect.as(Deferred.fail(first, error), `did not start: ${error.message}`)
    ),
    Effect.ensuring(Ref.set(current, Option.none()))
  )

  yield* Effect.gen(function* () {
    let delay: number | undefined
    while (true) {
      const begun = yield* Clock.currentTimeMillis
      const reason = yield* life
      delay = restartDelay(delay, (yield* Clock.currentTimeMillis) - begun)
      yield* Metric.update(brokerRestarts, 1)
      yield* Effect.logError(`the broker ${reason}; starting it again in ${delay} ms`)
      yield* Effect.sleep(delay)
    }
  }).pipe(forkForever("the broker's supervisor"))

  const broker = yield* Deferred.await(first)
  return EmbeddedServer.of({
    endpoint: { servers: [`nats://127.0.0.1:${broker.port}`], credentials },
    pid: Effect.map(Ref.get(current), (running) => Option.map(running, ({ pid }) => pid))
  })
})
