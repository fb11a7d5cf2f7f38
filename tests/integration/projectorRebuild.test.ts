import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { Outgoing } from "#nats/publish.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import { undecodable } from "#services/projector/metrics.ts"
import { rebuild, type RebuildOptions, type RebuildProgress } from "#services/projector/rebuild.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage, parkedSubmission } from "#tests/support/EventFactory.ts"
import { append, dumpOf, edgeKeyring, soon, startProjector, temporaryFolder } from "#tests/support/ReadModelHarness.ts"

const EVENTS = 1_200

describe("a rebuilt read model", () => {
  const folder = temporaryFolder()
  let broker: Broker
  let analyzer: Connection
  let head = 0
  beforeAll(async () => {
    broker = await startBroker()
    analyzer = await broker.connectAs("analyzer")
    const keyring = await edgeKeyring(await broker.connectAs("edge"))
    const undecodable: Outgoing = { subject: annotatedSubject(RoomId.make("lobby")), data: "not an event" }
    const events = await Effect.runPromise(
      Effect.forEach(Array.from({ length: EVENTS }), (_, index) => {
        const srcSeq = index + 1
        const room = `room-${index % 5}`
        if (index % 50 === 7) return Effect.succeed(parkedSubmission({ room, reason: "type_unknown", srcSeq }))
        if (index % 50 === 9) return Effect.succeed(undecodable)
        return annotatedMessage(keyring, { room, user: "ana", text: `words ${index}`, srcSeq })
      })
    )
    head = await append(analyzer, events)
    const live = await startProjector(broker, { file: folder.file })
    await vi.waitFor(async () => expect((await live.status()).applied).toBe(head), soon)
    await live.stop()
  })
  afterAll(async () => {
    await broker.stop()
    folder.remove()
  })

  const run = (options: RebuildOptions) =>
    Effect.runPromise(rebuild(options).pipe(Effect.provide(NatsConnection.layer(broker.endpointOf("projector")))))

  it("equals the live one row for row, parked and undecodable events included", async () => {
    const live = dumpOf(folder.file)
    expect(live.filter((line) => line.includes('"kind":"placeholder"'))).toHaveLength((2 * EVENTS) / 50)
    expect(await Effect.runPromise(Metric.value(undecodable))).toMatchObject({ count: EVENTS / 50 })
    const seen: Array<RebuildProgress> = []
    expect(await run({ file: folder.file, onProgress: (progress) => seen.push(progress) })).toEqual({
      applied: head,
      head
    })
    expect(dumpOf(folder.file)).toEqual(live)
    expect(seen[0]).toEqual({ applied: 0, head })
    expect(seen.at(-1)).toEqual({ applied: head, head })
    expect(readdirSync(folder.dir).filter((name) => name.includes("rebuilding"))).toEqual([])
  })

  it("leaves the log as it was", async () => {
    const before = await analyzer.raw.request("$JS.API.STREAM.INFO.ANN")
    await run({ file: folder.file })
    const after = await analyzer.raw.request("$JS.API.STREAM.INFO.ANN")
    const state = (message: typeof before) => JSON.stringify(message.json<{ readonly state: unknown }>().state)
    expect(state(after).replace(/"consumer_count":\d+/, "")).toBe(state(before).replace(/"consumer_count":\d+/, ""))
  })

  it("replaces a damaged file", async () => {
    const other = temporaryFolder()
    writeFileSync(other.file, "this is no database ".repeat(500))
    writeFileSync(`${other.file}-wal`, "nor is this its write-ahead log")
    await expect(startProjector(broker, { file: other.file })).rejects.toMatchObject({ reason: "Storage" })
    await run({ file: other.file })
    expect(dumpOf(other.file)).toEqual(dumpOf(folder.file))
    other.remove()
  })

  it("takes nothing over from the write-ahead log of a projector that was killed", async () => {
    const other = temporaryFolder()
    const killed = temporaryFolder()
    const live = await startProjector(broker, { file: other.file })
    await vi.waitFor(async () => expect((await live.status()).applied).toBe(head), soon)
    // What a kill leaves behind: the database and a log that was not moved into it.
    copyFileSync(other.file, killed.file)
    copyFileSync(`${other.file}-wal`, `${killed.file}-wal`)
    await live.stop()
    await run({ file: killed.file })
    expect(existsSync(`${killed.file}-wal`)).toBe(false)
    expect(dumpOf(killed.file)).toEqual(dumpOf(folder.file))
    for (const { remove } of [other, killed]) remove()
  })

  it("is made of an empty log as well", async () => {
    const other = temporaryFolder()
    const empty = await startBroker()
    await Effect.runPromise(
      rebuild({ file: other.file }).pipe(Effect.provide(NatsConnection.layer(empty.endpointOf("projector"))))
    )
    expect(dumpOf(other.file)).toHaveLength(1)
    await empty.stop()
    other.remove()
  })

  it("is refused while a projector works on the file, which goes on undisturbed", async () => {
    const live = await startProjector(broker, { file: folder.file })
    await expect(run({ file: folder.file })).rejects.toMatchObject({ reason: "Busy" })
    expect(existsSync(`${folder.file}.rebuilding`)).toBe(false)
    await expect.poll(async () => (await live.status()).healthy, soon).toBe(true)
    await live.stop()
  })
})
