/** The broker that `attune up` brings along, in the data folder that this process owns. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { locateNatsServer, machineEnvironment } from "#nats/binary/locateNatsServer.ts"
import { EmbeddedServer, embeddedServerDefaults } from "#nats/server/EmbeddedServer.ts"
import type { Role } from "#nats/server/roles.ts"
import { BrokerAccess } from "./BrokerAccess.ts"
import { readDurability } from "./readDurability.ts"

const located = ({ natsServerBin }: Settings) =>
  locateNatsServer(
    machineEnvironment(
      // A flag counts like its variable.
      { ...process.env, ...(natsServerBin === undefined ? {} : { NATS_SERVER_BIN: natsServerBin }) },
      (line) => Effect.sync(() => process.stderr.write(`attune: ${line}\n`))
    )
  )

const access = Layer.effect(
  BrokerAccess,
  Effect.map(EmbeddedServer, ({ endpoint }) => {
    const endpointOf = (role: Role) => ({ servers: endpoint.servers, role, ...endpoint.credentials[role] })
    return BrokerAccess.of({
      description: `an embedded nats-server at ${endpoint.servers.join(", ")}`,
      endpointOf,
      durability: readDurability(endpointOf("system"), undefined)
    })
  })
)

/** Finds a nats-server and runs it; needs the data folder's lock. */
export const embeddedNats = (settings: Settings) =>
  Layer.provide(
    access,
    Layer.unwrap(Effect.map(located(settings), (binary) => EmbeddedServer.layer({ ...embeddedServerDefaults, binary })))
  )
