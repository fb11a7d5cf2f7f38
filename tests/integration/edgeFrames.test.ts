import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { MAX_FRAME_BYTES } from "#libs/protocol/plainFrame.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"
import { type EdgeAlone, holdAllPartitions, startEdgeAlone } from "#tests/support/EdgeAlone.ts"
import { TestClient } from "#tests/support/TestClient.ts"

/** Other work shares the machine. */
const LONG = { timeout: 20_000 }

const good = { room_id: "lobby", user_id: "ana", text: "hello" }
const padded = (bytes: number) => `{"room_id":"lobby","user_id":"ana","pad":"${"x".repeat(bytes)}"}`

const malformed: ReadonlyArray<readonly [what: string, frame: object | string | Buffer, code: string]> = [
  ["a binary frame", Buffer.from(JSON.stringify(good)), "unsupported"],
  ["nothing", "", "invalid_frame"],
  ["half an object", '{"room_id":', "invalid_frame"],
  ["a list", [good], "invalid_frame"],
  ["null", "null", "invalid_frame"],
  ["a number", "1e400", "invalid_frame"],
  ["endless nesting", "[".repeat(50_000), "invalid_frame"],
  [
    "nesting in a field",
    `{"room_id":"lobby","user_id":"ana","text":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
    "invalid_text"
  ],
  ["fields by way of __proto__", `{"__proto__":${JSON.stringify(good)}}`, "invalid_room"],
  ["no room", { user_id: "ana", text: "hello" }, "invalid_room"],
  ["a room of the wrong type", { ...good, room_id: { $ne: null } }, "invalid_room"],
  ["a room that is no room", { ...good, room_id: "lobby.*" }, "invalid_room"],
  ["a room that is too long", { ...good, room_id: "r".repeat(65) }, "invalid_room"],
  ["no user", { room_id: "lobby", text: "hello" }, "invalid_user"],
  ["a user without characters", { ...good, user_id: "" }, "invalid_user"],
  ["a user that is too long", { ...good, user_id: "\u00e9".repeat(65) }, "invalid_user"],
  ["no text", { room_id: "lobby", user_id: "ana" }, "invalid_text"],
  ["an empty text", { ...good, text: "" }, "invalid_text"],
  ["a text that is too long", { ...good, text: "a".repeat(4_001) }, "invalid_text"],
  ["a control character", { ...good, text: "\u001b[2J" }, "invalid_text"],
  ["half a character", '{"room_id":"lobby","user_id":"ana","text":"\\udc00"}', "invalid_text"],
  ["a message id of the wrong type", { ...good, client_id: 7 }, "invalid_frame"],
  ["a frame above the limit", padded(MAX_FRAME_BYTES), "too_large"]
]

describe("an edge that is sent frames", () => {
  let broker: Broker
  let edge: EdgeAlone
  let letGo: () => Promise<void>
  beforeAll(async () => {
    broker = await startBroker()
    letGo = await holdAllPartitions(broker)
    edge = await startEdgeAlone({ connection: await broker.connectAs("edge") })
  })
  afterAll(async () => {
    await edge.stop()
    await letGo()
    await broker.stop()
  })
  const lives = async (client: TestClient, room: string) => {
    const before = edge.joins.length
    client.say(room, "ana", "still here")
    await expect.poll(() => edge.joins.slice(before), LONG).toContainEqual({ room, limit: 0 })
  }

  it.each(malformed)("answers %s with its error, and the socket lives", async (_, frame, code) => {
    const client = await TestClient.join(edge.chat, "lobby")
    client.send(frame)
    const error = await client.error({})
    expect(error).toMatchObject({ type: "error", code, retryable: false })
    expect(error["message"]).toMatch(/\w/)
    await lives(client, `after-${code}`)
    expect(client.transcript).toHaveLength(1)
    await client.close()
  })

  it("answers text that is not UTF-8, which the socket library would close for", async () => {
    const client = await TestClient.join(edge.chat, "lobby")
    client.ws.send(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), { binary: false })
    expect(await client.error({})).toMatchObject({ code: "invalid_frame", message: "the frame is not valid UTF-8" })
    await lives(client, "after-utf8")
    await client.close()
  })

  it("closes the socket for a frame far above the limit, which it will not even hold in memory", async () => {
    const client = await TestClient.join(edge.chat, "lobby")
    client.send(padded(3 * MAX_FRAME_BYTES))
    expect(await client.closed).toMatchObject({ code: 1009 })
  })

  it("answers thousands of bad frames sent in one go, each of them, and the socket lives", async () => {
    const client = await TestClient.join(edge.chat, "lobby")
    for (let count = 0; count < 5_000; count++) client.send("{")
    await client.until("5,000 errors", (frames) => (frames.length === 5_000 ? true : undefined))
    await lives(client, "after-flood")
    await client.close()
  })

  it("gives the client's own id back with an error about a message", async () => {
    const client = await TestClient.join(edge.chat, "lobby")
    client.send({ ...good, text: "", client_id: "mine" })
    expect(await client.error({ clientId: "mine" })).toMatchObject({ code: "invalid_text" })
    await client.close()
  })

  it.each([
    [{}, "invalid_room"],
    [{ room_id: "no room" }, "invalid_room"],
    [{ room_id: "lobby", user_id: "\n" }, "invalid_user"],
    [{ room_id: "lobby", limit: "all" }, "invalid_frame"]
  ])(
    "opens a socket for the address %j, answers with its error, joins nothing, and takes frames",
    async (query, code) => {
      const before = edge.joins.length
      const client = await TestClient.connect({ chat: edge.chat, query })
      expect(await client.error({})).toMatchObject({ code })
      expect(edge.joins).toHaveLength(before)
      await lives(client, `address-${code}`)
      await client.close()
    }
  )

  it("joins the room of the address with the history that was asked for", async () => {
    const clients = [
      await TestClient.join(edge.chat, "join-1"),
      await TestClient.join(edge.chat, "join-2", { limit: "7" })
    ]
    await expect.poll(() => edge.joins, LONG).toContainEqual({ room: "join-1", limit: 50 })
    await expect.poll(() => edge.joins, LONG).toContainEqual({ room: "join-2", limit: 7 })
    await Promise.all(clients.map((client) => client.close()))
    await expect.poll(() => edge.sockets(), LONG).toBe(0)
  })

  it("lets a socket into 64 rooms and says so at the next", async () => {
    const client = await TestClient.join(edge.chat, "many-0")
    for (let room = 1; room < 65; room++) client.say(`many-${room}`, "ana", "hello", `m${room}`)
    expect(await client.error({})).toMatchObject({ code: "forbidden", client_id: "m64", retryable: false })
    expect(edge.joins.filter(({ room }) => room.startsWith("many-"))).toHaveLength(64)
    await client.close()
  })

  it("goes on trying to join the room of the address while rooms cannot be read", async () => {
    edge.neighbours.readable = false
    const client = await TestClient.join(edge.chat, "slow-join")
    expect(await client.error({})).toMatchObject({ code: "unavailable", retryable: true })
    client.say("slow-write", "ana", "hello", "w1")
    expect(await client.error({ clientId: "w1" })).toMatchObject({ code: "unavailable", retryable: true })
    edge.neighbours.readable = true
    await expect.poll(() => edge.joins, LONG).toContainEqual({ room: "slow-join", limit: 50 })
    await client.close()
  })

  it("keeps the promise of recent messages to who writes in the room of the address before it could be joined", async () => {
    edge.neighbours.readable = false
    const client = await TestClient.join(edge.chat, "early-write", { limit: "7" })
    expect(await client.error({})).toMatchObject({ code: "unavailable" })
    edge.neighbours.readable = true
    client.say("early-write", "ana", "hello", "e1")
    const joined = () => edge.joins.find(({ room }) => room === "early-write")
    await expect.poll(joined, LONG).toEqual({ room: "early-write", limit: 7 })
    await client.close()
  })
})
