/** The broker of a process beside others: the operator's own, or the one a running `attune up` has embedded. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { ownNats } from "./ownNats.ts"
import { runningNats } from "./runningNats.ts"

export const buildBroker = Effect.fnUntraced(function* (settings: Settings) {
  return settings.natsUrl === undefined
    ? yield* Layer.build(runningNats(settings.dataDir))
    : yield* Layer.build(ownNats(settings, settings.natsUrl))
})
