/**
 * The broker as the command's parts see it: how each role reaches it and what its acknowledgements are worth. Whether it
 * is embedded, somebody else's, or embedded by another process of this machine makes no difference to them.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Durability } from "#nats/durability.ts"
import type { NatsEndpoint } from "#nats/NatsConnection.ts"
import type { Role } from "#nats/server/roles.ts"

export class BrokerAccess extends Context.Service<
  BrokerAccess,
  {
    /** For people: which broker this is. */
    readonly description: string
    readonly endpointOf: (role: Role) => NatsEndpoint
    /** Asked of the servers each time. */
    readonly durability: Effect.Effect<Durability>
  }
>()("attune/attune/BrokerAccess") {}
