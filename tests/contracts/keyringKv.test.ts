import { jetstreamManager } from "@nats-io/jetstream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll } from "vitest"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { type Connection, NatsConnection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { lastFromLeader } from "#nats/read.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { bucketStream, KEYS } from "#nats/Topology.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { keyringContract } from "./keyringContract.ts"

const STREAM = bucketStream(KEYS)
const PREFIX = bucketKey(KEYS, "")

let broker: Broker
let edge: Connection
let operator: Connection
beforeAll(async () => {
  broker = await startBroker()
  edge = await broker.connectAs("edge")
  operator = await broker.connectAs("provisioner")
})
afterAll(() => broker.stop())

keyringContract("in the KEYS bucket", async () => {
  const manager = await jetstreamManager(operator.raw)
  await manager.streams.purge(STREAM)
  return {
    // A scope that is left open: the keyring lives as long as the connection, which the broker's `stop` closes.
    open: (masterKey) =>
      Effect.runPromise(
        Layer.buildWithScope(layerKv({ masterKey }), Scope.makeUnsafe()).pipe(
          Effect.map((services) => Context.get(services, Keyring)),
          Effect.provideService(NatsConnection, edge)
        )
      ),
    names: async () => {
      const { state } = await manager.streams.info(STREAM, { subjects_filter: `${PREFIX}>` })
      return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(PREFIX.length))
    },
    read: async (name) => {
      const found = await Effect.runPromise(lastFromLeader(operator, STREAM, bucketKey(KEYS, name)))
      return Option.getOrThrow(found).data
    },
    remove: async (name) => {
      await manager.streams.purge(STREAM, { filter: bucketKey(KEYS, name) })
    },
    put: async (name, entry) => {
      await Effect.runPromise(publish(operator, { subject: bucketKey(KEYS, name), data: entry }))
    }
  }
})
