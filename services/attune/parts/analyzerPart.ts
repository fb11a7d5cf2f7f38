/** The analyzer under its own role's rights. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerWorker } from "#libs/analysis/AnalyzerWorker.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { AnalyzerService } from "#services/analyzer/AnalyzerService.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"

/** What an engine has for a message, retries included (invariant I11). */
const ENGINE_DEADLINE_MS = 250

export const analyzerPart = (masterKey: Uint8Array) =>
  Layer.unwrap(
    Effect.map(BrokerAccess, ({ endpointOf }) =>
      AnalyzerService.layer().pipe(
        Layer.provide(layerWorker({ deadlineMs: ENGINE_DEADLINE_MS })),
        Layer.provide(layerKv({ masterKey })),
        Layer.provide(NatsConnection.layer(endpointOf("analyzer")))
      )
    )
  )
