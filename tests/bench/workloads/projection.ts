/** How fast an empty read model catches up with the log, and how fast it is made anew from it; beside SQLite alone. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { type Outgoing, publishBatch } from "#nats/publish.ts"
import { ProjectorService } from "#services/projector/ProjectorService.ts"
import { rebuild } from "#services/projector/rebuild.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import type { Workload } from "../Workload.ts"
import { rawSqlite } from "../floors/rawSqlite.ts"

const ROOMS = 100
const USERS = 50
const PER_PUBLISH = 500

const fill = Effect.fnUntraced(function* (broker: Broker, events: number) {
  const connection = yield* Effect.promise(() => broker.connectAs("analyzer"))
  const keyring = yield* Keyring
  for (let from = 1; from <= events; from += PER_PUBLISH) {
    const batch: Array<Outgoing> = []
    for (let srcSeq = from; srcSeq < from + PER_PUBLISH; srcSeq++) {
      const [room, user] = [`room${srcSeq % ROOMS}`, `user${srcSeq % USERS}`]
      batch.push(yield* annotatedMessage(keyring, { room, user, text: `message number ${srcSeq}`, srcSeq }))
    }
    const [first, ...rest] = batch
    if (first !== undefined) yield* publishBatch(connection, [first, ...rest], { timeoutMs: 30_000 })
  }
})

const caughtUp = (events: number) =>
  Effect.gen(function* () {
    const projector = yield* ProjectorService
    while ((yield* projector.status).applied < events) yield* Effect.sleep("5 millis")
  })

const seconds = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = performance.now()
    yield* effect
    return (performance.now() - start) / 1_000
  })

export const projection: Workload = {
  name: "projection",
  run: async ({ quick }) => {
    const events = quick ? 5_000 : 50_000
    const folder = mkdtempSync(join(tmpdir(), "attune-bench-"))
    const file = join(folder, "history.sqlite")
    const broker = await startBroker()
    try {
      const program = Effect.gen(function* () {
        yield* fill(broker, events)
        const project = yield* seconds(caughtUp(events).pipe(Effect.provide(ProjectorService.layer({ file }))))
        const again = yield* seconds(rebuild({ file }))
        return { project, again }
      })
      const services = Layer.merge(NatsConnection.layer(broker.endpointOf("projector")), layerMemory)
      const { project, again } = await Effect.runPromise(program.pipe(Effect.provide(services)))
      return {
        figures: {
          "projected events/s": events / project,
          "rebuilt events/s": events / again,
          "raw SQLite rows/s": rawSqlite()
        },
        faults: []
      }
    } finally {
      await broker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  ratios: [{ name: "projection", of: "projected events/s", to: "raw SQLite rows/s" }],
  goals: {}
}
