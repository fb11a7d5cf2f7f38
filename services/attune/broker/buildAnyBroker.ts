/**
 * The broker of a command for operators: the one that runs, or, where a data folder's owner is not running, the folder's
 * own, started for as long as the command needs it.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { DataDir } from "#libs/datadir/DataDir.ts"
import { buildBroker } from "./buildBroker.ts"
import { embeddedNats } from "./embeddedNats.ts"

/** `what` is how somebody who wants the folder meanwhile is told who holds it. */
export const buildAnyBroker = (settings: Settings, what: string) =>
  buildBroker(settings).pipe(
    Effect.catchTag("NoBroker", () =>
      Layer.build(Layer.provide(embeddedNats(settings), DataDir.layer(settings.dataDir, what)))
    )
  )
