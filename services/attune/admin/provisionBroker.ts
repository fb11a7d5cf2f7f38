/** `attune provision`: makes the broker match the topology, says what it did, and fails on drift. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { buildAnyBroker } from "../broker/buildAnyBroker.ts"
import { provisioned } from "../parts/provisioned.ts"
import { hasDrift, renderReport } from "../parts/renderReport.ts"

/** Something differs that must not be changed without a person. */
export class Drifted extends Data.TaggedError("Drifted") {
  readonly retryable = false
  override readonly [Runtime.errorExitCode] = 2
  override readonly message = "the broker differs from the topology where changing it could lose something: see above"
}

export const provisionBroker = (settings: Settings) =>
  Effect.gen(function* () {
    const broker = yield* buildAnyBroker(settings, "attune provision")
    const { report, verdict } = yield* provisioned(settings).pipe(Effect.provideContext(broker))
    const lines = [
      ...renderReport(report),
      `  acknowledged means on disk: ${verdict._tag === "always" ? "yes" : verdict._tag}`
    ]
    yield* Effect.sync(() => process.stdout.write(`${lines.join("\n")}\n`))
    return yield* hasDrift(report) ? new Drifted() : Effect.void
  }).pipe(Effect.scoped)
