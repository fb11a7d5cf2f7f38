/** Joining: history, then live, from a real broker and a real read model, with no hole and no repeat (invariant I6). */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { isWhole, Listener, makeTalker, numbered, startBroadcaster } from "#tests/support/BroadcasterHarness.ts"
import { parkedSubmission } from "#tests/support/EventFactory.ts"
import { edgeKeyring, startProjector, temporaryFolder } from "#tests/support/ReadModelHarness.ts"

const folder = temporaryFolder()
let broker: Broker
let analyzer: Connection
let projector: Awaited<ReturnType<typeof startProjector>>
let talk: ReturnType<typeof makeTalker>
let pages = 0
let edge: Awaited<ReturnType<typeof startBroadcaster>>

beforeAll(async () => {
  broker = await startBroker()
  analyzer = await broker.connectAs("analyzer")
  projector = await startProjector(broker, { file: folder.file })
  talk = makeTalker(analyzer, await edgeKeyring(await broker.connectAs("edge")))
  edge = await startBroadcaster(broker, {
    history: (real) => ({
      ...real,
      page: (question) => {
        pages++
        return real.page(question)
      }
    })
  })
})

afterAll(async () => {
  await edge?.stop()
  await projector?.stop()
  await broker?.stop()
  folder.remove()
})

const newRoom = () => `room-${randomUUID()}`

describe("joining a room", () => {
  it("sends the newest messages, oldest first, and then what is said", async () => {
    const room = newRoom()
    await talk(room, ...numbered(1, 8))
    const reader = new Listener()
    await edge.join(reader, room, 5)
    expect(reader.texts).toEqual(numbered(4, 8))
    await talk(room, ...numbered(9, 10))
    await reader.until("message 10")
    expect(reader.texts).toEqual(numbered(4, 10))
    expect(isWhole(reader)).toBe(true)
  })

  it("sends nothing of an empty room, nothing when nothing is asked for, and then what is said", async () => {
    const [empty, silent] = [newRoom(), newRoom()]
    await talk(silent, "old")
    const [inEmpty, inSilent] = [new Listener(), new Listener()]
    await edge.join(inEmpty, empty)
    await edge.join(inSilent, silent, 0)
    expect([inEmpty.texts, inSilent.texts]).toEqual([[], []])
    await talk(empty, "first")
    await talk(silent, "new")
    await inEmpty.until("first")
    await inSilent.until("new")
    expect(inSilent.texts).toEqual(["new"])
  })

  it("misses and repeats nothing while messages pour in", async () => {
    const room = newRoom()
    await talk(room, ...numbered(1, 60))
    const readers: Array<Listener> = []
    const watcher = new Listener()
    await edge.join(watcher, room, 1)
    const storm = talk(room, ...numbered(61, 400), "the end")
    const fresh: Array<typeof edge> = []
    while (!watcher.texts.includes("the end")) {
      const reader = new Listener()
      readers.push(reader)
      // Every few joins another broadcaster, which knows nothing of the room yet.
      if (readers.length % 4 === 1) fresh.push(await startBroadcaster(broker))
      await (fresh.at(-1) ?? edge).join(reader, room, readers.length % 3 === 0 ? 200 : 20)
      await watcher.grow(4)
    }
    await storm
    const all = [...numbered(1, 400), "the end"]
    for (const reader of readers) {
      await reader.until("the end")
      expect(reader.texts).toEqual(all.slice(-reader.seen.length))
      expect(isWhole(reader)).toBe(true)
    }
    expect(readers.length).toBeGreaterThan(8)
    await Promise.all(fresh.map((one) => one.stop()))
  })

  it("changes nothing when it is asked for twice, at once or later", async () => {
    const room = newRoom()
    await talk(room, ...numbered(1, 3))
    const reader = new Listener()
    await Promise.all([edge.join(reader, room), edge.join(reader, room)])
    await edge.join(reader, room)
    await talk(room, "message 4")
    await reader.until("message 4")
    expect(reader.texts).toEqual(numbered(1, 4))
  })

  it("ends with leaving, also while it is under way", async () => {
    const room = newRoom()
    await talk(room, "before")
    const [stays, leaves, goes] = [new Listener(), new Listener(), new Listener()]
    const joins = [stays, leaves, goes].map((reader) => edge.join(reader, room))
    edge.broadcaster.leave(leaves, RoomId.make(room))
    edge.broadcaster.leaveAll(goes)
    await Promise.all(joins)
    await talk(room, "after")
    await stays.until("after")
    expect([stays.texts, leaves.texts, goes.texts]).toEqual([["before", "after"], [], []])
  })

  it("reads history once for a thousand who join together", async () => {
    const room = newRoom()
    await talk(room, ...numbered(1, 500))
    pages = 0
    const sent: Array<Buffer> = []
    const readers = Array.from({ length: 999 }, () => ({
      offer: (buffer: Buffer) => sent.push(buffer) > 0,
      ready: () => true
    }))
    const watcher = new Listener()
    await Promise.all([...readers, watcher].map((reader) => edge.join(reader, room)))
    expect(watcher.texts).toEqual(numbered(451, 500))
    expect(sent).toHaveLength(readers.length)
    expect(new Set(sent).size).toBe(1)
    expect(pages).toBeLessThanOrEqual(2)
  })

  it("reads several pages where one does not hold what was asked for", async () => {
    const room = newRoom()
    const texts = Array.from({ length: 40 }, (_, index) => `${index} ${"x".repeat(3_900)}`)
    await talk(room, ...texts)
    const reader = new Listener()
    await edge.join(reader, room, 30)
    expect(reader.texts).toEqual(texts.slice(-30))
    expect(isWhole(reader)).toBe(true)
  })

  it("opens no more rooms than a process may have, goes on in those, and opens the next when one was closed", async () => {
    const small = await startBroadcaster(broker, { maxOpenRooms: 2 })
    const [first, second, third] = [newRoom(), newRoom(), newRoom()]
    const [inFirst, inSecond, late] = [new Listener(), new Listener(), new Listener()]
    await small.join(inFirst, first)
    await small.join(inSecond, second)
    await expect(small.join(late, third)).rejects.toMatchObject({ _tag: "JoinError", reason: "unavailable" })
    await small.join(late, first)
    await talk(first, "still here")
    await Promise.all([inFirst.until("still here"), late.until("still here")])
    small.broadcaster.leaveAll(inSecond)
    // An empty room is kept for a few seconds.
    await expect
      .poll(
        () =>
          small.join(new Listener(), third).then(
            () => "joined",
            () => "full"
          ),
        { timeout: 20_000 }
      )
      .toBe("joined")
    await small.stop()
  })

  it("leaves out what nobody can read, and goes on after it", async () => {
    const room = newRoom()
    await talk(room, "one")
    const parked = () => parkedSubmission({ room, reason: "payload_undecodable", srcSeq: 1 })
    await Effect.runPromise(publish(analyzer, parked()))
    await talk(room, "two")
    const reader = new Listener()
    await edge.join(reader, room)
    expect(reader.texts).toEqual(["one", "two"])
    await Effect.runPromise(publish(analyzer, parked()))
    await Effect.runPromise(publish(analyzer, { subject: parked().subject, data: "not an event" }))
    await talk(room, "three")
    await reader.until("three")
    expect(reader.texts).toEqual(["one", "two", "three"])
  })

  it("sends a stored message again to the one who retried it, and to nobody else", async () => {
    const room = newRoom()
    await talk(room, "said once")
    const [retrier, other] = [new Listener(), new Listener()]
    await edge.join(retrier, room)
    await edge.join(other, room)
    const id = EventId.make(retrier.seen[0]?.id ?? "")
    await Effect.runPromise(edge.broadcaster.repeat(retrier, RoomId.make(room), id))
    expect(retrier.seen.map(({ text, duplicate }) => [text, duplicate])).toEqual([
      ["said once", undefined],
      ["said once", true]
    ])
    expect(other.texts).toEqual(["said once"])
    const unknown = EventId.make("x".repeat(43))
    await Effect.runPromise(edge.broadcaster.repeat(other, RoomId.make(room), unknown))
    expect(other.texts).toEqual(["said once"])
  })
})
