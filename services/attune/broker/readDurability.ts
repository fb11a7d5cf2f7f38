/** Where the sync setting of a broker is read: at the monitoring addresses if there are any, else as the system role. */
import * as Effect from "effect/Effect"
import type { Durability } from "#nats/durability.ts"
import { NatsConnection, type NatsEndpoint } from "#nats/NatsConnection.ts"
import { durabilityFromMonitoring, durabilityFromSystem } from "#nats/readDurability.ts"

/** A connection for each question: it is asked every ten seconds at most, and the right to ask may come later. */
const askSystem = (endpoint: NatsEndpoint): Effect.Effect<Durability> =>
  NatsConnection.use(durabilityFromSystem).pipe(
    Effect.provide(NatsConnection.layer(endpoint)),
    Effect.catchTag("NatsError", ({ reason }) =>
      Effect.succeed<Durability>({ _tag: "unverified", reason: `the system role cannot connect: ${reason}` })
    )
  )

export const readDurability = (
  system: NatsEndpoint,
  monitoring: ReadonlyArray<string> | undefined
): Effect.Effect<Durability> => (monitoring === undefined ? askSystem(system) : durabilityFromMonitoring(monitoring))
