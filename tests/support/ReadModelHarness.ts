/** A projector under test with its keyring and its askers, on a broker of the test's own; and logs to feed it. */
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { MASTER_KEY_BYTES } from "#libs/keyring/MasterKey.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { Outgoing } from "#nats/publish.ts"
import { publishBatch } from "#nats/publish.ts"
import { type ProjectorOptions, ProjectorService } from "#services/projector/ProjectorService.ts"
import type { Broker } from "#tests/support/Broker.ts"

export const masterKey = randomBytes(MASTER_KEY_BYTES)

/** How long a test waits for what must come: long, since a slow machine is no failure. */
export const soon = { timeout: 20_000, interval: 20 }

/** A folder that is gone after the test. */
export const temporaryFolder = () => {
  const dir = mkdtempSync(join(tmpdir(), "attune-projector-"))
  return { dir, file: join(dir, "history.sqlite"), remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Builds a layer now; `stop` ends it as a shutdown would. */
export const running = async <Services, E>(layer: Layer.Layer<Services, E>) => {
  const scope = Scope.makeUnsafe()
  const services = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  return { services, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** Changes how keys are answered: slower, counted, or not at all. */
export type KeyringChange = (real: Keyring["Service"]) => Keyring["Service"]

/** Starts a projector with a connection and a keyring of its own. */
export const startProjector = async (
  broker: Broker,
  options: ProjectorOptions,
  change: KeyringChange = (real) => real
) => {
  const connection = NatsConnection.layer(broker.endpointOf("projector"))
  const keyring = Layer.effect(Keyring, Effect.map(Keyring, change)).pipe(Layer.provide(layerKv({ masterKey })))
  const { services, stop } = await running(
    ProjectorService.layer(options).pipe(Layer.provide(keyring), Layer.provide(connection))
  )
  const projector = Context.get(services, ProjectorService)
  return { status: () => Effect.runPromise(projector.status), stop }
}
export type Projector = Awaited<ReturnType<typeof startProjector>>

/** The keyring of an edge. */
export const edgeKeyring = async (connection: Connection): Promise<Keyring["Service"]> => {
  const { services } = await running(
    layerKv({ masterKey }).pipe(Layer.provide(Layer.succeed(NatsConnection, connection)))
  )
  return Context.get(services, Keyring)
}

export const historyClient = async (connection: Connection): Promise<HistoryClient["Service"]> => {
  const { services } = await running(HistoryClient.layer.pipe(Layer.provide(Layer.succeed(NatsConnection, connection))))
  return Context.get(services, HistoryClient)
}

/** Appends events to `ANN`, a few hundred at a time. */
export const append = async (analyzer: Connection, events: ReadonlyArray<Outgoing>): Promise<number> => {
  let last = 0
  for (let start = 0; start < events.length; start += 500) {
    const [first, ...rest] = events.slice(start, start + 500)
    if (first !== undefined) last = (await Effect.runPromise(publishBatch(analyzer, [first, ...rest]))).seq
  }
  return last
}

/** Every row of the read model, table by table, as text: two files are equal if these are. */
export const dumpOf = (file: string): ReadonlyArray<string> => {
  const db = new Sqlite(file, { readonly: true })
  try {
    return ["event", "room", "position"].flatMap((table) =>
      db
        .prepare(`SELECT * FROM ${table} ORDER BY 1`)
        .all()
        .map((row) => `${table} ${JSON.stringify(row)}`)
    )
  } finally {
    db.close()
  }
}
