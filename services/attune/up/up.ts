/**
 * `attune up`: everything in one process. Started from the broker outwards, stopped from the edge inwards: each part's
 * scope is closed before those of the parts it needs, the broker's last.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { DataDir } from "#libs/datadir/DataDir.ts"
import { loadMasterKey } from "#libs/keyring/MasterKey.ts"
import { Edge } from "#services/edge/EdgeService.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"
import { embeddedNats } from "../broker/embeddedNats.ts"
import { ownNats } from "../broker/ownNats.ts"
import { analyzerPart } from "../parts/analyzerPart.ts"
import { edgePart } from "../parts/edgePart.ts"
import { ownMasterKey } from "../parts/masterKey.ts"
import { projectorPart } from "../parts/projectorPart.ts"
import { provisioned } from "../parts/provisioned.ts"
import { hasDrift, renderReport } from "../parts/renderReport.ts"
import { supervised } from "../parts/supervised.ts"
import { untilReady } from "../parts/untilReady.ts"
import { welcome } from "./welcome.ts"

const print = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const begin = Effect.fnUntraced(function* (settings: Settings) {
  const dataDir = yield* Layer.build(DataDir.layer(settings.dataDir, "attune up"))
  const { path } = Context.get(dataDir, DataDir)
  const placed: Settings = { ...settings, dataDir: path }
  const masterKey = yield* loadMasterKey(ownMasterKey(placed, path))

  const brokers =
    placed.natsUrl === undefined
      ? yield* Layer.build(Layer.provide(embeddedNats(placed), Layer.succeedContext(dataDir)))
      : yield* Layer.build(ownNats(placed, placed.natsUrl))
  return yield* Effect.gen(function* () {
    const { report, verdict } = yield* provisioned(placed)
    if (hasDrift(report))
      yield* Effect.logWarning(["the broker differs from the topology", ...renderReport(report)].join("\n"))
    yield* Layer.build(Layer.merge(analyzerPart(masterKey), projectorPart(placed, masterKey)))
    const { address } = Context.get(yield* Layer.build(edgePart(placed, masterKey)), Edge)
    return { address, broker: Context.get(brokers, BrokerAccess).description, dataDir: path, durability: verdict }
  }).pipe(Effect.provideContext(brokers))
})

/** Runs until a signal; fails when something does not start, or dies later. */
export const up = (settings: Settings) =>
  Effect.gen(function* () {
    const running = yield* begin(settings)
    yield* untilReady(running.address.http)
    yield* print(welcome(running))
    yield* Effect.addFinalizer(() => print("Stopping: finishing what is under way ..."))
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    supervised,
    Effect.onInterrupt(() => print("Stopped. What was acknowledged is stored."))
  )
