/** What an edge is told at its start. */
import type * as Effect from "effect/Effect"
import type { AcceptedDurability, Durability } from "#nats/durability.ts"
import type { HeartbeatSettings } from "./heartbeat.ts"

export interface EdgeOptions {
  /** A loopback address: without identity nobody else may be let in. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Origins of pages that may open a WebSocket; when left out, only the edge's own address. */
  readonly allowedOrigins?: ReadonlyArray<string>
  /** What an acknowledgement is worth, asked again and again, and what the operator settles for (invariant I1). */
  readonly durability: { readonly read: Effect.Effect<Durability>; readonly accepted: AcceptedDurability }
  readonly maxConnections?: number
  readonly maxConnectionsPerAddress?: number
  readonly heartbeat?: HeartbeatSettings
}

export const DEFAULT_MAX_CONNECTIONS = 20_000
/** High, because people behind one proxy or one bench come from one address. */
export const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 10_000
