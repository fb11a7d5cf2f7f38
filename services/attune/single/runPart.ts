/** One part of Attune as a process of its own, beside others on the same broker. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { loadMasterKey } from "#libs/keyring/MasterKey.ts"
import { ProbeServer } from "#libs/telemetry/ProbeServer.ts"
import { AnalyzerService } from "#services/analyzer/AnalyzerService.ts"
import { Edge } from "#services/edge/EdgeService.ts"
import { ProjectorService } from "#services/projector/ProjectorService.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"
import { buildBroker } from "../broker/buildBroker.ts"
import { analyzerPart } from "../parts/analyzerPart.ts"
import { edgePart } from "../parts/edgePart.ts"
import { sharedMasterKey } from "../parts/masterKey.ts"
import { projectorPart } from "../parts/projectorPart.ts"
import { untilReady } from "../parts/untilReady.ts"
import { supervised } from "../parts/supervised.ts"

const print = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const probes = Effect.fnUntraced(function* ({ metricsPort }: Settings, isReady: Effect.Effect<boolean>) {
  if (metricsPort === undefined) return
  const { port } = Context.get(yield* Layer.build(ProbeServer.layer(metricsPort, isReady)), ProbeServer)
  yield* print(`  probes   http://127.0.0.1:${port}/readyz`)
})

/** Builds the broker and the key, starts what `start` starts, and stays until a signal. */
const runBeside = <E, R>(
  name: string,
  settings: Settings,
  start: (masterKey: Uint8Array) => Effect.Effect<void, E, R>
) =>
  Effect.gen(function* () {
    const masterKey = yield* loadMasterKey(sharedMasterKey(settings))
    const broker = yield* buildBroker(settings)
    yield* print(`Attune's ${name} is starting.\n  broker   ${Context.get(broker, BrokerAccess).description}`)
    yield* start(masterKey).pipe(Effect.provideContext(broker))
    yield* print(`Attune's ${name} runs. Ctrl-C stops it.`)
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    supervised,
    Effect.onInterrupt(() => print("Stopped."))
  )

export const runEdge = (settings: Settings) =>
  runBeside("edge", settings, (masterKey) =>
    Effect.gen(function* () {
      const { address } = Context.get(yield* Layer.build(edgePart(settings, masterKey)), Edge)
      yield* untilReady(address.http)
      yield* print(`  chat     ${address.chat}\n  health   ${address.http}/readyz`)
    })
  )

export const runAnalyzer = (settings: Settings) =>
  runBeside("analyzer", settings, (masterKey) =>
    Effect.gen(function* () {
      const analyzer = Context.get(yield* Layer.build(analyzerPart(masterKey)), AnalyzerService)
      yield* probes(
        settings,
        Effect.sync(() => analyzer.status().healthy)
      )
    })
  )

export const runProjector = (settings: Settings) =>
  runBeside("projector", settings, (masterKey) =>
    Effect.gen(function* () {
      const projector = Context.get(yield* Layer.build(projectorPart(settings, masterKey)), ProjectorService)
      yield* probes(
        settings,
        Effect.map(projector.status, ({ healthy, serving }) => healthy && serving)
      )
    })
  )
