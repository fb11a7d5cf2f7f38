import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { rebuild } from "#services/projector/rebuild.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import { append, dumpOf, edgeKeyring, masterKey, temporaryFolder } from "#tests/support/ReadModelHarness.ts"

const EVENTS = 4_000
/** Lives that must have ended in the middle of catching up for the test to mean something. */
const KILLS = 4
/** What one life may take for its few hundred events. */
const STUCK_AFTER_MS = 20_000

describe("a projector killed while it catches up", () => {
  const folder = temporaryFolder()
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
    const keyring = await edgeKeyring(await broker.connectAs("edge"))
    const events = await Effect.runPromise(
      Effect.forEach(Array.from({ length: EVENTS }), (_, index) =>
        annotatedMessage(keyring, { room: `room-${index % 7}`, user: "ana", text: `words ${index}`, srcSeq: index + 1 })
      )
    )
    await append(await broker.connectAs("analyzer"), events)
  })
  afterAll(async () => {
    await broker.stop()
    folder.remove()
  })

  /** One life: ends by kill -9 at any moment after it has applied `further` events. Answers how far it was seen. */
  const live = (further: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const { servers, user, password } = broker.endpointOf("projector")
      const settings = { servers, user, password, masterKey: masterKey.toString("base64"), file: folder.file }
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL("../support/projectorProcess.ts", import.meta.url))],
        {
          env: { ...process.env, PROJECTOR: JSON.stringify(settings) },
          stdio: ["ignore", "pipe", "inherit"]
        }
      )
      let first: number | undefined
      let applied = 0
      createInterface(child.stdout).on("line", (line) => {
        applied = Number(line)
        first ??= applied
        if (applied >= Math.min(EVENTS, first + further)) setTimeout(() => child.kill("SIGKILL"), Math.random() * 10)
      })
      const stuck = setTimeout(() => {
        child.kill("SIGKILL")
        reject(new Error(`no progress after ${applied} events`))
      }, STUCK_AFTER_MS)
      child.once("exit", () => {
        clearTimeout(stuck)
        resolve(applied)
      })
    })

  it("has every event once, in the end, as if it had never been killed", { timeout: 180_000 }, async () => {
    let midway = 0
    for (let applied = 0; applied < EVENTS;) {
      applied = await live(Math.random() * (EVENTS / 5))
      if (applied > 0 && applied < EVENTS) midway++
    }
    expect(midway).toBeGreaterThanOrEqual(KILLS)

    const whole = temporaryFolder()
    await Effect.runPromise(
      rebuild({ file: whole.file }).pipe(Effect.provide(NatsConnection.layer(broker.endpointOf("projector"))))
    )
    const found = dumpOf(folder.file)
    expect(found).toHaveLength(EVENTS + 7 + 1)
    expect(found).toEqual(dumpOf(whole.file))
    whole.remove()
  })
})
