/** What is lost on the way is read again, and nobody waits for one who does not read (invariant I5, I9). */
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import { KeyringError } from "#libs/keyring/Keyring.ts"
import { Outboxes } from "#libs/socket/Outbox.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { liveSubject } from "#nats/Subjects.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import {
  type BroadcasterSpec,
  isWhole,
  Listener,
  makeTalker,
  numbered,
  openRooms,
  startBroadcaster
} from "#tests/support/BroadcasterHarness.ts"
import { type Cable, startCable } from "#tests/support/Cable.ts"
import { edgeKeyring } from "#tests/support/ReadModelHarness.ts"

let broker: Broker
let cable: Cable
let talk: ReturnType<typeof makeTalker>
const started: Array<Awaited<ReturnType<typeof startBroadcaster>>> = []

beforeAll(async () => {
  broker = await startBroker()
  cable = await startCable(broker.server.url)
  talk = makeTalker(await broker.connectAs("analyzer"), await edgeKeyring(await broker.connectAs("edge")))
})

afterEach(async () => {
  await Promise.all(started.splice(0).map((edge) => edge.stop()))
})

afterAll(async () => {
  await cable?.stop()
  await broker?.stop()
})

const start = async (spec: BroadcasterSpec = {}) => {
  const edge = await startBroadcaster(broker, spec)
  started.push(edge)
  return edge
}

const newRoom = () => `room-${randomUUID()}`

/** Loses every live message for which `isLost` says so: a line that drops is not repaired by TCP alone. */
const lossy =
  (isLost: (subject: string) => boolean) =>
  (real: Connection): Connection => ({
    ...real,
    raw: new Proxy(real.raw, {
      get: (target, name) => {
        if (name !== "subscribe") return Reflect.get(target, name)
        return (...[subject, options]: Parameters<typeof target.subscribe>) =>
          target.subscribe(subject, {
            ...options,
            callback: (error, message) => {
              const isLive = error === null && message.subject.startsWith(liveSubject(RoomId.make("room")))
              if (!isLive || !isLost(message.subject)) void options?.callback?.(error, message)
            }
          })
      }
    })
  })

describe("a room's live events", () => {
  it("are whole again after the connection was cut while people talked", async () => {
    const endpoint = { ...broker.endpointOf("edge"), servers: [cable.url] }
    // Heads are compared at once after a reconnect: nothing else would find what was said last before it.
    const edge = await start({ endpoint, headsEveryMs: 60_000 })
    const room = newRoom()
    const reader = new Listener()
    await edge.join(reader, room)
    for (const [from, to] of [
      [1, 20],
      [21, 40],
      [41, 60]
    ] as const) {
      await talk(room, ...numbered(from, from + 5))
      cable.cut()
      await talk(room, ...numbered(from + 6, to))
      cable.mend()
      await reader.until(`message ${to}`)
    }
    expect(reader.texts).toEqual(numbered(1, 60))
    expect(isWhole(reader)).toBe(true)
  })

  it("are found missing by their successor's word", async () => {
    let lost = 0
    const edge = await start({ connection: lossy(() => ++lost % 3 !== 0), headsEveryMs: 60_000 })
    const room = newRoom()
    const reader = new Listener()
    await edge.join(reader, room)
    await talk(room, ...numbered(1, 30))
    await reader.until("message 30")
    expect(reader.texts).toEqual(numbered(1, 30))
    expect(isWhole(reader)).toBe(true)
  })

  it("are found missing at the end by comparing heads", async () => {
    const room = newRoom()
    const edge = await start({
      connection: lossy((subject) => subject === liveSubject(RoomId.make(room))),
      headsEveryMs: 200
    })
    const reader = new Listener()
    await edge.join(reader, room)
    await talk(room, "the only one")
    await reader.until("the only one")
    await talk(room, "one", "two", "the end")
    await reader.until("the end")
    expect(reader.texts).toEqual(["the only one", "one", "two", "the end"])
  })

  it("keep their order while a key is out of reach, and other rooms go on", async () => {
    let keysAway = false
    const [stuck, free] = [newRoom(), newRoom()]
    const edge = await start({
      keyring: (real) => ({
        ...real,
        openingKey: (kid) =>
          Effect.suspend(() =>
            keysAway ? Effect.fail(new KeyringError({ reason: "Unavailable" })) : real.openingKey(kid)
          )
      })
    })
    const [inStuck, inFree] = [new Listener(), new Listener()]
    await edge.join(inStuck, stuck)
    await edge.join(inFree, free)
    keysAway = true
    await talk(stuck, ...numbered(1, 100))
    keysAway = false
    await talk(free, "meanwhile")
    await inFree.until("meanwhile")
    await inStuck.until("message 100")
    expect(inStuck.texts).toEqual(numbered(1, 100))
    expect(isWhole(inStuck)).toBe(true)
  })

  it("are the same, in the same order, for readers of two broadcasters", async () => {
    const [one, two] = [await start(), await start({ connection: lossy(() => Math.random() < 0.2), headsEveryMs: 200 })]
    const room = newRoom()
    const [here, there] = [new Listener(), new Listener()]
    await one.join(here, room)
    await two.join(there, room)
    await Promise.all([
      talk(room, ...numbered(1, 100)),
      talk(room, ...numbered(101, 200)),
      talk(room, ...numbered(201, 300))
    ])
    await talk(room, "the end")
    await Promise.all([here, there].map((reader) => reader.until("the end")))
    expect(there.seen).toEqual(here.seen)
    expect(new Set(here.texts).size).toBe(301)
  })
})

describe("history without a read model", () => {
  it("is read from the stream, exactly the newest, however long the room", async () => {
    const room = newRoom()
    const others = newRoom()
    for (const [from, to] of [
      [1, 150],
      [151, 300]
    ] as const) {
      await Promise.all([talk(room, ...numbered(from, to)), talk(others, ...numbered(from, to))])
    }
    const edge = await start()
    for (const limit of [1, 7, 50, 200]) {
      const reader = new Listener()
      await edge.join(reader, room, limit)
      expect(reader.texts).toEqual(numbered(1, 300).slice(-limit))
      expect(isWhole(reader)).toBe(true)
    }
    const [all, short] = [new Listener(), newRoom()]
    await talk(short, "only")
    await edge.join(all, short, 200)
    expect(all.texts).toEqual(["only"])
  })
})

/** A reader's real socket, held by a client that may stop reading. */
const realReader = async () => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const client = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1")
  const socket = await new Promise<Socket>((resolve) => server.once("connection", resolve))
  server.close()
  return { client, socket, outbox: new Outboxes().open(socket) }
}

describe("a reader that stops reading", () => {
  it("is cut off within its bound while its room goes on", async () => {
    const edge = await start()
    const room = newRoom()
    const [slow, quick] = [await realReader(), new Listener()]
    slow.client.pause()
    await edge.join(slow.outbox, room)
    await edge.join(quick, room)
    let said = 0
    while (!slow.socket.destroyed) {
      await talk(room, ...Array.from({ length: 20 }, () => `${++said} ${"x".repeat(3_900)}`))
      expect(slow.socket.writableLength).toBeLessThanOrEqual(1024 * 1024 + 64)
    }
    await talk(room, "the end")
    await quick.until("the end")
    expect(quick.seen).toHaveLength(said + 1)
    expect(isWhole(quick)).toBe(true)
    slow.client.destroy()
  })
})

describe("the broker", () => {
  it("may be killed and started again: what it acknowledged is given out, in order, and nothing twice", async () => {
    const edge = await start()
    const room = newRoom()
    const reader = new Listener()
    await edge.join(reader, room)
    await talk(room, ...numbered(1, 50))
    await reader.until("message 50")
    await broker.kill()
    await expect.poll(() => edge.broadcaster.isLive()).toBe(false)
    await broker.restart()
    const retold = async (text: string) => {
      for (;;) {
        try {
          return await talk(room, text)
        } catch {
          // Not acknowledged: said again under another name, since it may be stored all the same.
          text += " again"
        }
      }
    }
    for (const text of numbered(51, 100)) await retold(text)
    await talk(room, "the end")
    await reader.until("the end")
    await expect.poll(() => edge.broadcaster.isLive(), { timeout: 10_000 }).toBe(true)
    expect(isWhole(reader)).toBe(true)
    expect(new Set(reader.texts).size).toBe(reader.texts.length)
    expect(reader.texts.length).toBeGreaterThanOrEqual(101)
  })

  it("being away, a join is refused as retryable and leaves nothing behind", async () => {
    const edge = await start()
    const room = newRoom()
    await talk(room, "there")
    await broker.server.kill("SIGSTOP")
    const reader = new Listener()
    const refused = await Effect.runPromise(Effect.flip(edge.broadcaster.join(reader, RoomId.make(room), 10)))
    await broker.server.kill("SIGCONT")
    expect([refused.reason, refused.retryable]).toEqual(["unavailable", true])
    await talk(room, "said later")
    expect(reader.texts).toEqual([])
    // The room of a reader that never got in is not listened to for ever.
    await expect.poll(openRooms, { timeout: 20_000 }).toBe(0)
    await edge.join(reader, room)
    expect(reader.texts).toEqual(["there", "said later"])
    expect(await openRooms()).toBe(1)
  })
})
