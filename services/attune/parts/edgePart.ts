/** The edge with its broadcaster, under its own role's rights: both work on the same sockets. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { layerKv as layerRateLimiter } from "#libs/ratelimit/RateLimiterKv.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import * as BroadcasterNats from "#services/broadcaster/BroadcasterNats.ts"
import { Edge } from "#services/edge/EdgeService.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"

export const edgePart = (settings: Settings, masterKey: Uint8Array) =>
  Layer.unwrap(
    Effect.map(BrokerAccess, ({ durability, endpointOf }) =>
      Edge.layer({
        host: settings.host,
        port: settings.port,
        durability: { read: durability, accepted: settings.durability },
        ...(settings.allowedOrigins === undefined ? {} : { allowedOrigins: settings.allowedOrigins })
      }).pipe(
        Layer.provide(layerRateLimiter({ maxEvents: settings.rateMaxEvents, perSeconds: settings.ratePerSeconds })),
        Layer.provide(BroadcasterNats.layer()),
        Layer.provide(HistoryClient.layer),
        Layer.provide(layerKv({ masterKey })),
        Layer.provide(NatsConnection.layer(endpointOf("edge")))
      )
    )
  )
