/**
 * A real, provisioned broker for one test file, with connections under every role's own rights.
 *
 * Every connection made here is closed by `stop`; a test that wants to close one itself makes it with `connectAs` too
 * and calls `raw.close()`.
 */
import { createConnection } from "node:net"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Connection, NatsEndpoint } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { provision } from "#nats/provision.ts"
import type { Role } from "#nats/server/roles.ts"
import type { RateRule, TopologyOptions } from "#nats/Topology.ts"
import type { NatsServer } from "#tests/support/NatsServer.ts"
import { startNatsServer } from "#tests/support/NatsServer.ts"

export interface BrokerOptions {
  /** "always" syncs before each acknowledgement, as the product does. */
  readonly sync?: "always" | "default"
  /** The limit of the provisioned rate bucket. */
  readonly rate?: RateRule
}

export interface Broker {
  readonly server: NatsServer
  readonly topology: TopologyOptions
  /** A new connection with a role's credentials. */
  readonly connectAs: (role: Role) => Promise<Connection>
  readonly endpointOf: (role: Role) => NatsEndpoint
  /** Ends all connections, the broker and its folder. */
  readonly stop: () => Promise<void>
  /** kill -9. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port and store. */
  readonly restart: () => Promise<void>
  /** Stops it from running without ending it; resolves when it has really fallen silent. */
  readonly hang: () => Promise<void>
  /** Lets it run again. */
  readonly wake: () => Promise<void>
}

const SILENCE_MS = 200

/** True if a client is greeted: a stopped process still accepts, but says nothing. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    const answer = (greeted: boolean) => {
      socket.destroy()
      resolve(greeted)
    }
    socket.setTimeout(SILENCE_MS, () => answer(false))
    socket.once("data", () => answer(true))
    socket.once("error", () => answer(false))
  })

const DEFAULT_RATE: RateRule = { maxEvents: 20, perSeconds: 10 }

/** Starts and provisions a broker. Every test file that calls it calls `stop` in its `afterAll`. */
export const startBroker = async ({ sync = "default", rate = DEFAULT_RATE }: BrokerOptions = {}): Promise<Broker> => {
  const server = await startNatsServer({ sync })
  const topology: TopologyOptions = { replicas: 1, messageRate: rate }
  const scope = Scope.makeUnsafe()

  const endpointOf = (role: Role): NatsEndpoint => ({
    servers: server.endpoint.servers,
    role,
    ...server.endpoint.credentials[role]
  })
  const connectAs = (role: Role): Promise<Connection> =>
    Effect.runPromise(
      Layer.buildWithScope(NatsConnection.layer(endpointOf(role)), scope).pipe(
        Effect.map((services) => Context.get(services, NatsConnection))
      )
    )
  const stop = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await server.stop()
  }
  try {
    await Effect.runPromise(provision(topology).pipe(Effect.provide(NatsConnection.layer(endpointOf("provisioner")))))
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    server,
    topology,
    connectAs,
    endpointOf,
    stop,
    kill: () => server.kill("SIGKILL"),
    restart: () => server.restart(),
    hang: async () => {
      await server.kill("SIGSTOP")
      while (await greets(Number(new URL(server.url).port))) continue
    },
    wake: () => server.kill("SIGCONT")
  }
}
