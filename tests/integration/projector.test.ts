import { cpSync, rmSync } from "node:fs"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { provision } from "#nats/provision.ts"
import type { Outgoing } from "#nats/publish.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import {
  append,
  dumpOf,
  edgeKeyring,
  type Projector,
  soon,
  startProjector,
  temporaryFolder
} from "#tests/support/ReadModelHarness.ts"

const refused = { healthy: false, serving: false, refused: expect.stringContaining("rebuild") }

const write = async (events: ReadonlyArray<Outgoing>, log: Broker) => {
  const analyzer = await log.connectAs("analyzer")
  const head = await append(analyzer, events)
  await analyzer.raw.close()
  return head
}

const babble = (count: number, log: Broker) =>
  write(
    Array.from({ length: count }, () => ({ subject: annotatedSubject(RoomId.make("lobby")), data: "?" })),
    log
  )

describe("a projector", () => {
  let folder = temporaryFolder()
  let broker: Broker
  let keyring: Keyring["Service"]
  let srcSeq = 0
  const projectors: Array<Projector> = []

  beforeAll(async () => {
    broker = await startBroker()
    keyring = await edgeKeyring(await broker.connectAs("edge"))
  })
  afterAll(() => broker.stop())
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(async () => {
    await Promise.all(projectors.splice(0).map(({ stop }) => stop()))
    folder.remove()
  })

  /** Appends messages to a log as its analyzer would. */
  const say = async (count: number, log: Broker = broker) => {
    const events = await Effect.runPromise(
      Effect.forEach(Array.from({ length: count }), () =>
        annotatedMessage(keyring, { room: "lobby", user: "ana", text: "words", srcSeq: ++srcSeq })
      )
    )
    return write(events, log)
  }
  const start = async (log: Broker = broker) => {
    const projector = await startProjector(log, { file: folder.file })
    projectors.push(projector)
    return projector
  }

  it("goes on where it stopped", async () => {
    const first = await start()
    const before = await say(3)
    await expect.poll(first.status, soon).toMatchObject({ applied: before })
    await first.stop()
    const rows = dumpOf(folder.file).filter((line) => line.startsWith("event"))
    const after = await say(2)
    const second = await start()
    await expect.poll(second.status, soon).toMatchObject({ applied: after, lag: 0, healthy: true })
    const found = dumpOf(folder.file).filter((line) => line.startsWith("event"))
    expect(found).toHaveLength(rows.length + 2)
    expect(found.slice(0, rows.length)).toEqual(rows)
  })

  it("is the only one on its file", async () => {
    const first = await start()
    await expect(startProjector(broker, { file: folder.file })).rejects.toMatchObject({ reason: "Busy" })
    await expect.poll(first.status, soon).toMatchObject({ healthy: true })
  })

  it("says that it is not well while the broker is away, and catches up when it is back", async () => {
    const projector = await start()
    const head = await say(1)
    await expect.poll(projector.status, soon).toMatchObject({ applied: head, healthy: true })
    await broker.kill()
    await expect.poll(projector.status, soon).toMatchObject({ healthy: false })
    await broker.restart()
    const later = await say(5)
    await expect.poll(projector.status, soon).toMatchObject({ applied: later, healthy: true, serving: true })
  })

  it("does not start on a file that was filled from another log", async () => {
    await say(1)
    const projector = await start()
    await expect.poll(projector.status, soon).toMatchObject({ healthy: true })
    await projector.stop()
    const before = dumpOf(folder.file)
    const other = await startBroker()
    await say(100, other)
    await expect(startProjector(other, { file: folder.file })).rejects.toMatchObject({ reason: "ForeignLog" })
    expect(dumpOf(folder.file)).toEqual(before)
    await other.stop()
  })

  it.each(["messages", "events that nobody can decode"])(
    "stops for good, and touches nothing, when its log of %s is swapped for another under it",
    async (kind) => {
      const swapped = await startBroker()
      const fill = (count: number) => (kind === "messages" ? say(count, swapped) : babble(count, swapped))
      await fill(3)
      const projector = await start(swapped)
      await expect.poll(projector.status, soon).toMatchObject({ applied: 3, healthy: true })
      await swapped.kill()
      rmSync(swapped.server.folder.storeDir, { recursive: true })
      const before = dumpOf(folder.file)
      await swapped.restart()
      await Effect.runPromise(
        provision(swapped.topology).pipe(Effect.provide(NatsConnection.layer(swapped.endpointOf("provisioner"))))
      )
      await fill(8)
      await expect.poll(projector.status, soon).toMatchObject(refused)
      expect(dumpOf(folder.file)).toEqual(before)
      await swapped.stop()
    }
  )

  it("stops for good when its log was put back to an earlier state and grew again", async () => {
    const restored = await startBroker()
    const { storeDir } = restored.server.folder
    const projector = await start(restored)
    await say(3, restored)
    await restored.kill()
    cpSync(storeDir, `${storeDir}.backup`, { recursive: true })
    await restored.restart()
    await say(2, restored)
    await expect.poll(projector.status, soon).toMatchObject({ applied: 5, healthy: true })
    await restored.kill()
    rmSync(storeDir, { recursive: true })
    cpSync(`${storeDir}.backup`, storeDir, { recursive: true })
    const before = dumpOf(folder.file)
    await restored.restart()
    await say(4, restored)
    await expect.poll(projector.status, soon).toMatchObject(refused)
    expect(dumpOf(folder.file)).toEqual(before)
    await restored.stop()
  })
})
