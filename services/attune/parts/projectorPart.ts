/** The projector under its own role's rights. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { ProjectorService } from "#services/projector/ProjectorService.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"

/** The read model's file. */
export const historyFile = ({ dataDir, historyFile: file }: Settings): string => file ?? join(dataDir, "history.sqlite")

export const projectorPart = (settings: Settings, masterKey: Uint8Array) =>
  Layer.unwrap(
    Effect.map(BrokerAccess, ({ endpointOf }) =>
      ProjectorService.layer({ file: historyFile(settings) }).pipe(
        Layer.provide(layerKv({ masterKey })),
        Layer.provide(NatsConnection.layer(endpointOf("projector")))
      )
    )
  )
