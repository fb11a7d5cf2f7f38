/** `attune rebuild`: fills the read model anew from the log. Refused while a projector works on the file. */
import * as Effect from "effect/Effect"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { rebuild, type RebuildProgress } from "#services/projector/rebuild.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"
import { buildAnyBroker } from "../broker/buildAnyBroker.ts"
import { historyFile } from "../parts/projectorPart.ts"

const TELL_EVERY_MS = 1_000

/** Tells the progress once a second: a terminal's line is written over, a log's is not. */
const teller = () => {
  let toldAt = performance.now()
  return ({ applied, head }: RebuildProgress): void => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    const line = `  ${applied} of ${head} events (${Math.floor((100 * applied) / Math.max(1, head))} %)`
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`)
  }
}

export const rebuildHistory = (settings: Settings) =>
  Effect.gen(function* () {
    const file = historyFile(settings)
    const broker = yield* buildAnyBroker(settings, "attune rebuild")
    const { endpointOf } = yield* Effect.provideContext(BrokerAccess, broker)
    const begun = performance.now()
    const { applied } = yield* rebuild({ file, onProgress: teller() }).pipe(
      Effect.provide(NatsConnection.layer(endpointOf("projector")))
    )
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
    yield* Effect.sync(() => process.stdout.write(`Rebuilt ${file} from ${applied} events in ${seconds} s.\n`))
  }).pipe(Effect.scoped)
