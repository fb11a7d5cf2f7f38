/** How the roles reach a broker. Next: roles.ts (who they are), EmbeddedServer.ts (which makes one). */
import type { Role } from "#nats/server/roles.ts"

export interface BrokerCredentials {
  readonly user: string
  readonly password: string
}

/** Where a broker listens and with what each role signs in. Never logged: it holds passwords. */
export interface BrokerEndpoint {
  readonly servers: ReadonlyArray<string>
  readonly credentials: Readonly<Record<Role, BrokerCredentials>>
}
