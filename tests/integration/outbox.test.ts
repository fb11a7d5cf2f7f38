/** Frames and outboxes against the `ws` client over real sockets: what is sent is what a reader gets, or it is cut off. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { connect } from "node:net"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { WebSocket, WebSocketServer } from "ws"
import { textFrame } from "#libs/socket/frame.ts"
import { DEFAULT_OUTBOX, type Outbox, Outboxes } from "#libs/socket/Outbox.ts"

const server = createServer()
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false })
let port = 0
let accept: (socket: Socket) => void = () => undefined

beforeAll(async () => {
  server.on("upgrade", (request, socket, head) => {
    upgrades.handleUpgrade(request, socket, head, () => accept(request.socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
})

afterAll(() => {
  for (const client of upgrades.clients) client.terminate()
  server.close()
})

interface Reader {
  readonly client: WebSocket
  readonly outbox: Outbox
  readonly socket: Socket
  readonly received: Array<string>
  readonly until: (count: number) => Promise<void>
}

const reader = async (shared: Outboxes): Promise<Reader> => {
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve
  })
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const received: Array<string> = []
  client.on("message", (data, binary) =>
    received.push(Buffer.isBuffer(data) && !binary ? data.toString() : "not a text frame")
  )
  await once(client, "open")
  const socket = await accepted
  const until = async (count: number) => {
    while (received.length < count) await once(client, "message")
  }
  return { client, outbox: shared.open(socket), socket, received, until }
}

describe("an outbox", () => {
  it("delivers any texts to a ws client unchanged and in order", async () => {
    const one = await reader(new Outboxes())
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { minLength: 1, maxLength: 20 }),
        async (texts) => {
          one.received.length = 0
          for (const text of texts) expect(one.outbox.offer(textFrame(text))).toBe(true)
          await one.until(texts.length)
          expect(one.received).toEqual(texts)
        }
      ),
      { numRuns: 60 }
    )
    const long = ["x".repeat(125), "y".repeat(126), "z".repeat(65_535), "ü".repeat(40_000)]
    one.received.length = 0
    for (const text of long) expect(one.outbox.offer(textFrame(text))).toBe(true)
    await one.until(long.length)
    expect(one.received).toEqual(long)
    one.client.close()
  })

  it("sends all frames of one tick in one write, and the same bytes to all readers", async () => {
    const shared = new Outboxes()
    const readers = [await reader(shared), await reader(shared)]
    const writes = readers.map(({ socket }) => vi.spyOn(socket, "write"))
    const frames = ["a", "b", "c"].map(textFrame)
    for (const frame of frames) for (const { outbox } of readers) outbox.offer(frame)
    for (const { until, received } of readers) {
      await until(3)
      expect(received).toEqual(["a", "b", "c"])
    }
    const [one, other] = writes.map(({ mock }) => mock.calls.map(([bytes]) => bytes))
    expect([one?.length, other?.length]).toEqual([1, 1])
    expect(one?.[0]).toBe(other?.[0])
  })

  it("takes a burst beyond its limits within one tick from a reader that keeps up", async () => {
    const one = await reader(new Outboxes())
    const texts = Array.from({ length: DEFAULT_OUTBOX.maxFrames + 50 }, (_, index) => `message ${index}`)
    expect(texts.every((text) => one.outbox.offer(textFrame(text)))).toBe(true)
    await one.until(texts.length)
    expect(one.received).toEqual(texts)
  })

  it.each([
    ["bytes", textFrame("x".repeat(64 * 1024))],
    ["frames", textFrame("x".repeat(64))]
  ])(
    "cuts off a reader that stops reading at its limit of %s, and tells it a code it may come back with",
    async (_, frame) => {
      const one = await reader(new Outboxes())
      const other = await reader(new Outboxes())
      one.client.pause()
      // The kernel takes some megabytes before anything waits here; the small frames must not be lost in that.
      const filler = textFrame("f".repeat(60_000))
      while (one.socket.writableLength === 0) {
        one.outbox.offer(filler)
        other.outbox.offer(filler)
        await new Promise((resolve) => setImmediate(resolve))
      }
      let most = 0
      let offered = 0
      while (one.outbox.offer(frame)) {
        most = Math.max(most, one.socket.writableLength)
        other.outbox.offer(frame)
        offered++
        await new Promise((resolve) => setImmediate(resolve))
        expect(offered).toBeLessThanOrEqual(DEFAULT_OUTBOX.maxFrames)
      }
      expect(most).toBeLessThanOrEqual(DEFAULT_OUTBOX.maxBytes)
      expect(one.outbox.offer(frame)).toBe(false)
      const before = other.received.length
      expect(other.outbox.offer(frame)).toBe(true)
      await other.until(before + 1)
      const closed = once(one.client, "close")
      one.client.resume()
      expect((await closed)[0]).toBe(DEFAULT_OUTBOX.closeCode)
    }
  )

  it("counts the frames of the write that is under way", async () => {
    const one = await reader(new Outboxes())
    one.client.pause()
    const frame = textFrame("x".repeat(3_000))
    const atOnce = 200
    while (one.socket.writableLength === 0) {
      for (let index = 0; index < atOnce; index++) one.outbox.offer(frame)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(one.outbox.ready()).toBe(false)
    let more = 0
    while (one.outbox.offer(frame)) more++
    expect(more).toBe(DEFAULT_OUTBOX.maxFrames - atOnce)
    one.client.terminate()
  })

  it("lets go of a cut-off reader that never listens again", async () => {
    const accepted = new Promise<Socket>((resolve) => {
      accept = resolve
    })
    const raw = connect(port, "127.0.0.1")
    raw.write(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    raw.pause()
    const socket = await accepted
    const outbox = new Outboxes().open(socket)
    const frame = textFrame("x".repeat(64 * 1024))
    while (outbox.offer(frame)) await new Promise((resolve) => setImmediate(resolve))
    await once(socket, "close")
    expect(socket.destroyed).toBe(true)
    raw.destroy()
  })

  it("takes nothing for a closed connection, and nothing after it was stopped", async () => {
    const [gone, stopped] = [await reader(new Outboxes()), await reader(new Outboxes())]
    gone.client.terminate()
    await once(gone.socket, "close")
    expect(gone.outbox.offer(textFrame("late"))).toBe(false)
    stopped.outbox.offer(textFrame("last"))
    stopped.outbox.stop()
    expect(stopped.outbox.offer(textFrame("late"))).toBe(false)
    await stopped.until(1)
    expect(stopped.received).toEqual(["last"])
  })
})
