/** A bare client connection as one role, for tests that look at the broker rather than at Attune. */
import { connect, type NatsConnection } from "@nats-io/transport-node"
import type { BrokerEndpoint } from "#nats/server/BrokerEndpoint.ts"
import type { Role } from "#nats/server/roles.ts"
import { inboxPrefix } from "#nats/Subjects.ts"

/** Reconnects quickly and for ever; without credentials it tries to get in as nobody. */
export const connectTo = (
  { credentials, servers }: Pick<BrokerEndpoint, "servers"> & Partial<Pick<BrokerEndpoint, "credentials">>,
  role: Role
): Promise<NatsConnection> =>
  connect({
    servers: [...servers],
    ...(credentials === undefined ? {} : { user: credentials[role].user, pass: credentials[role].password }),
    inboxPrefix: inboxPrefix(role),
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
    timeout: 5_000
  })
