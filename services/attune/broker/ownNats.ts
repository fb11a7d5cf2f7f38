/** An operator's own NATS, as the settings describe it: nothing is embedded. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Settings } from "#libs/config/decodeSettings.ts"
import type { NatsEndpoint } from "#nats/NatsConnection.ts"
import type { Role } from "#nats/server/roles.ts"
import { BrokerAccess } from "./BrokerAccess.ts"
import { readDurability } from "./readDurability.ts"
import { readRolesFile, type RoleCredentials, type RolesFileUnusable } from "./rolesFile.ts"

type Credentials = Pick<NatsEndpoint, "user" | "password" | "token" | "credentialsFile">

const common = ({ natsCredsFile, natsPassword, natsToken, natsUser }: Settings): Credentials => ({
  ...(natsUser === undefined ? {} : { user: natsUser }),
  ...(natsPassword === undefined ? {} : { password: Redacted.value(natsPassword) }),
  ...(natsToken === undefined ? {} : { token: Redacted.value(natsToken) }),
  ...(natsCredsFile === undefined ? {} : { credentialsFile: natsCredsFile })
})

const ofRole = (credentials: RoleCredentials): Credentials =>
  "credentials_file" in credentials ? { credentialsFile: credentials.credentials_file } : credentials

/** A tls:// address asks for TLS by itself: without these options the client would take a server that offers none. */
const tlsOf = ({ natsCa, natsCert, natsKey }: Settings, servers: ReadonlyArray<string>): Pick<NatsEndpoint, "tls"> => {
  const isWanted = natsCa !== undefined || natsCert !== undefined || servers.some((url) => url.startsWith("tls:"))
  if (!isWanted) return {}
  return {
    tls: {
      ...(natsCa === undefined ? {} : { ca: natsCa }),
      ...(natsCert === undefined ? {} : { cert: natsCert }),
      ...(natsKey === undefined ? {} : { key: natsKey })
    }
  }
}

export const ownNats = (
  settings: Settings,
  servers: ReadonlyArray<string>
): Layer.Layer<BrokerAccess, RolesFileUnusable> =>
  Layer.effect(
    BrokerAccess,
    Effect.gen(function* () {
      const roles = settings.natsRolesFile === undefined ? {} : yield* readRolesFile(settings.natsRolesFile)
      const endpointOf = (role: Role): NatsEndpoint => {
        const own = roles[role]
        return { servers, role, ...(own === undefined ? common(settings) : ofRole(own)), ...tlsOf(settings, servers) }
      }
      return BrokerAccess.of({
        description: `your NATS at ${servers.join(", ")}`,
        endpointOf,
        durability: readDurability(endpointOf("system"), settings.natsMonitorUrl)
      })
    })
  )
