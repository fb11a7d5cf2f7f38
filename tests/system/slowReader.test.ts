import { once } from "node:events"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Stack, startStack } from "#tests/support/Stack.ts"
import { TestClient } from "#tests/support/TestClient.ts"

const ROOM = "hall"
const LONG = "a long message ".repeat(250)
/** More than the outgoing queue and what two kernels keep for a connection on this machine. */
const MESSAGES = 3_000

/** A reader that completes its upgrade and then never reads again. */
const sleeper = async (chat: string) => {
  const { hostname, port, pathname } = new URL(chat)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(
    `GET ${pathname}?room_id=${ROOM}&limit=0 HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
      "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
  )
  const [head]: ReadonlyArray<Buffer> = await once(socket, "data")
  expect(head?.toString("latin1")).toContain("101 Switching Protocols")
  socket.pause()
  return socket
}

describe("a reader that stops reading", () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ rate: { maxEvents: 100_000, perSeconds: 1 } })
  })
  afterAll(() => stack.stop())

  it("is cut off, while its room goes on and gets everything", async () => {
    const chat = stack.urls[0] ?? ""
    const http = stack.edges[0]?.service.http ?? ""
    const asleep = await sleeper(chat)
    const [speaker, listener] = await Promise.all([
      TestClient.join(chat, ROOM, { limit: "0" }),
      TestClient.join(chat, ROOM, { limit: "0" })
    ])
    const cutOffs = async () => {
      const text = await (await fetch(`${http}/metrics`)).text()
      return Number(/^attune_\w*cut_offs?_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0)
    }
    let said = 0
    while (said < MESSAGES && (await cutOffs()) === 0) {
      for (const until = said + 20; said < until; said++) speaker.say(ROOM, "sam", `${said} ${LONG}`)
      await listener.until(`${said} messages`, (frames) => (frames.length >= said ? true : undefined))
    }
    expect(await cutOffs()).toBe(1)
    speaker.say(ROOM, "sam", "the room goes on")
    await listener.message("the room goes on")
    expect(listener.transcript.filter(({ type }) => type === "message")).toHaveLength(said + 1)
    const closed = once(asleep, "close")
    asleep.resume()
    await closed
    await Promise.all([speaker.close(), listener.close()])
  })
})
