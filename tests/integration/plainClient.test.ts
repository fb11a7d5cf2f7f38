import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { openPlainClient, type PlainClient } from "#libs/plainClient/PlainClient.ts"
import type { PlainClientEvent } from "#libs/plainClient/PlainClientEvent.ts"

const Sent = Schema.Struct({ room_id: Schema.String, text: Schema.String, client_id: Schema.String })
type Sent = typeof Sent.Type
const decodeSent = Schema.decodeUnknownSync(Schema.fromJsonString(Sent))

type Answer = (socket: WebSocket, sent: Sent, count: number) => void
type Greet = (socket: WebSocket) => void
const silent = (): void => undefined

const messageOf = (seq: number, { client_id, room_id, text }: Sent, more: object = {}) =>
  JSON.stringify({
    type: "message",
    room_id,
    user_id: "ana",
    text,
    sentiment: "neutral",
    crisis_probability: 0.1,
    created_at: "2026-11-22T12:00:00.000Z",
    seq,
    client_id,
    ...more
  })
const errorOf = (client_id: string, code: string, more: object) =>
  JSON.stringify({ type: "error", code, message: "told", client_id, ...more })

/** A server that plays a script: the client is what is tested here, the real edge is met in the system tests. */
describe("the plain-mode client", () => {
  let scope: Scope.Closeable
  let server: WebSocketServer
  let client: PlainClient
  let events: Array<PlainClientEvent> = []
  let received: Array<Sent> = []
  let answer: Answer
  let greet: Greet

  beforeEach(async () => {
    events = []
    received = []
    answer = silent
    greet = silent
    scope = Scope.makeUnsafe()
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
    server.on("connection", (socket) => {
      greet(socket)
      socket.on("message", (data: Buffer) => {
        const sent = decodeSent(data.toString())
        received.push(sent)
        answer(socket, sent, received.length)
      })
    })
    await new Promise((resolve) => server.once("listening", resolve))
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    client = await Effect.runPromise(
      openPlainClient({
        url: `ws://127.0.0.1:${port}`,
        room: "lobby",
        user: "ana",
        limit: 50,
        on: (event) => events.push(event)
      }).pipe(Scope.provide(scope))
    )
  })
  afterEach(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await new Promise((resolve) => server.close(resolve))
  })

  const send = (text: string) => Effect.runPromise(client.send("lobby", text, randomUUID()))
  const texts = () =>
    events.flatMap((event) => (event._tag === "Message" && !event.repeated ? [event.message.text] : []))

  it("has sent a message when it came back", async () => {
    answer = (socket, sent) => socket.send(messageOf(1, sent))
    expect((await send("hello")).message.seq).toBe(1)
    expect(texts()).toEqual(["hello"])
  })

  it("waits as long as it is told and sends the same message under the same id", async () => {
    answer = (socket, sent, count) => {
      if (count === 1) socket.send(errorOf(sent.client_id, "rate_limited", { retryable: true, retry_after_ms: 150 }))
      else socket.send(messageOf(1, sent))
    }
    const begun = performance.now()
    await send("hello")
    expect(performance.now() - begun).toBeGreaterThan(145)
    expect(received.map(({ client_id }) => client_id)).toEqual([received[0]?.client_id, received[0]?.client_id])
  })

  it("gives up what the server will never take", async () => {
    answer = (socket, sent) => socket.send(errorOf(sent.client_id, "invalid_text", { retryable: false }))
    const exit = await Effect.runPromiseExit(client.send("lobby", "hello", "an-id"))
    expect(Exit.isFailure(exit)).toBe(true)
    expect(received).toHaveLength(1)
  })

  it("comes back after a cut, sends again what is unanswered, and shows nothing twice", async () => {
    answer = (socket, sent, count) => {
      if (count === 1) socket.send(messageOf(7, sent))
      else if (count === 2) socket.terminate()
      else socket.send(messageOf(8, sent))
    }
    await send("first")
    greet = (socket) => {
      const [first] = received
      if (first !== undefined) socket.send(messageOf(7, first))
    }
    await send("second")
    expect(texts()).toEqual(["first", "second"])
    expect(received[1]?.client_id).toBe(received[2]?.client_id)
  })

  it("takes the answer to a retry as a confirmation only, not as a part of the order", async () => {
    answer = (socket, sent) => {
      socket.send(messageOf(9, sent, { duplicate: true }))
      socket.send(messageOf(8, { ...sent, text: "before", client_id: "other" }))
      socket.send(messageOf(9, sent))
    }
    await send("mine")
    await expect.poll(texts).toEqual(["before", "mine"])
  })

  it("stays away when it is told to", async () => {
    greet = (socket) => socket.close(4500, "banned")
    for (const socket of server.clients) socket.terminate()
    const error = await Effect.runPromise(Effect.flip(client.refused))
    expect(error.message).toContain("banned")
  })
})
