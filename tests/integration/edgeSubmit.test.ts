import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { type Answered, type Question, Replies } from "#nats/Replies.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"
import { type EdgeAlone, holdAllPartitions, startEdgeAlone, submissions } from "#tests/support/EdgeAlone.ts"
import { TestClient } from "#tests/support/TestClient.ts"

/**
 * Loses the broker's first answers, then asks for a stream that is another one, which the broker refuses for good. The
 * other functions of the connection are left as they are.
 */
class LosesThenMisleads extends Replies {
  lose = 0

  override ask(question: Question, answered: Answered): () => void {
    if (!question.subject.startsWith("chat.")) return super.ask(question, answered)
    if (this.lose-- > 0) {
      return super.ask(question, () => {
        const detail = "told so by a test"
        answered(Result.fail(new NatsError({ operation: question.operation, reason: "Timeout", detail })))
      })
    }
    question.headers.set("Nats-Expected-Stream", "ANOTHER")
    return super.ask(question, answered)
  }
}

/** Other work shares the machine. */
const LONG = { timeout: 20_000 }

describe("an edge that is sent messages", () => {
  let broker: Broker
  let connection: Connection
  let edge: EdgeAlone
  let letGo: () => Promise<void>
  beforeAll(async () => {
    broker = await startBroker()
    letGo = await holdAllPartitions(broker)
    connection = await broker.connectAs("edge")
    edge = await startEdgeAlone({ connection })
  })
  afterAll(async () => {
    await edge.stop()
    await letGo()
    await broker.stop()
  })
  beforeEach(() => {
    edge.neighbours.rate = { _tag: "Admitted" }
  })
  const stored = async (room: string) =>
    (await submissions(connection)).filter(({ subject }) => subject.includes(`.${room}.`))
  const storedSoon = (room: string, count: number) =>
    expect.poll(async () => (await stored(room)).length, LONG).toBe(count)

  it("stores what is said, sealed, and answers with nothing but the room's own copy", async () => {
    const client = await TestClient.join(edge.chat, "plain")
    client.say("plain", "ana", "a private word")
    await storedSoon("plain", 1)
    const [message] = await stored("plain")
    const seen = `${message?.subject} ${[...(message?.headers.keys() ?? [])].join()} ${String(message?.data)}`
    expect(seen).not.toContain("private")
    expect(seen).not.toContain("ana")
    expect(client.transcript).toEqual([])
    await client.close()
  })

  it("takes the address's user for frames that name nobody", async () => {
    const client = await TestClient.join(edge.chat, "named", { user_id: "ana" })
    client.send({ room_id: "named", text: "hello", client_id: "n1" })
    await storedSoon("named", 1)
    client.say("named", "ana", "hello", "n1")
    await expect.poll(() => edge.repeats.filter(({ room }) => room === "named").length, LONG).toBe(1)
    expect(await stored("named")).toHaveLength(1)
    await client.close()
  })

  it("stores a message once however often it is sent, and shows the stored one again to who repeats it", async () => {
    const [one, two] = await Promise.all([TestClient.join(edge.chat, "twice"), TestClient.join(edge.chat, "twice")])
    one.say("twice", "ana", "only once", "c1")
    await storedSoon("twice", 1)
    for (const client of [one, two, one]) client.say("twice", "ana", "only once", "c1")
    await expect.poll(() => edge.repeats.filter(({ room }) => room === "twice").length, LONG).toBe(3)
    expect(await stored("twice")).toHaveLength(1)
    const [message] = await stored("twice")
    expect(edge.repeats.every(({ id, room }) => room !== "twice" || id === message?.headers.get("Nats-Msg-Id"))).toBe(
      true
    )
    await Promise.all([one.close(), two.close()])
  })

  it("refuses an id that was used for another text or another room, and lets another author use it", async () => {
    const client = await TestClient.join(edge.chat, "reused")
    client.say("reused", "ana", "the first", "r1")
    await storedSoon("reused", 1)
    client.say("reused", "ana", "the second", "r1")
    await client.until("one conflict", (frames) => (frames.length === 1 ? true : undefined))
    client.say("elsewhere", "ana", "the first", "r1")
    await client.until("two conflicts", (frames) => (frames.length === 2 ? true : undefined))
    for (const error of client.transcript) {
      expect(error).toMatchObject({ code: "conflict", retryable: false, client_id: "r1" })
    }
    client.say("reused", "ben", "the second", "r1")
    await storedSoon("reused", 2)
    expect(await stored("elsewhere")).toHaveLength(0)
    await client.close()
  })

  it("keeps the order in which one socket said things in a room, while another room is written to as well", async () => {
    const client = await TestClient.join(edge.chat, "order")
    for (let index = 0; index < 200; index++)
      client.say(index % 2 === 0 ? "order" : "other", "ana", `${index}`, `o${index}`)
    await storedSoon("order", 100)
    for (let index = 0; index < 200; index += 2) client.say("order", "ana", `${index}`, `o${index}`)
    await expect.poll(() => edge.repeats.filter(({ room }) => room === "order").length, LONG).toBe(100)
    const ids = (await stored("order")).map(({ headers }) => headers.get("Nats-Msg-Id"))
    expect(edge.repeats.flatMap(({ id, room }) => (room === "order" ? [id] : []))).toEqual(ids)
    await client.close()
  })

  it("tells who sends too fast when exactly to come again, stores nothing, and keeps the socket", async () => {
    const client = await TestClient.join(edge.chat, "fast")
    edge.neighbours.rate = { _tag: "Limited", retryAfterMs: 1_234 }
    client.say("fast", "ana", "too soon", "f1")
    expect(await client.error({ clientId: "f1" })).toEqual({
      type: "error",
      code: "rate_limited",
      message: "too many messages; the next is admitted in 1234 ms",
      retryable: true,
      retry_after_ms: 1_234,
      client_id: "f1"
    })
    client.say("fast-elsewhere", "ana", "too soon", "f3")
    await client.error({ clientId: "f3" })
    expect(edge.joins.filter(({ room }) => room === "fast-elsewhere")).toEqual([])
    edge.neighbours.rate = { _tag: "Admitted" }
    client.say("fast", "ana", "in time", "f2")
    await storedSoon("fast", 1)
    await client.close()
  })

  it("admits nobody while rates cannot be checked, and says that it may be tried again", async () => {
    const client = await TestClient.join(edge.chat, "closed")
    edge.neighbours.rate = "unavailable"
    client.say("closed", "ana", "hello", "u1")
    expect(await client.error({ clientId: "u1" })).toMatchObject({ code: "unavailable", retryable: true })
    edge.neighbours.rate = { _tag: "Admitted" }
    client.say("closed", "ana", "hello", "u1")
    await storedSoon("closed", 1)
    await client.close()
  })

  it("says that the outcome is unknown when a try was not answered and the next is refused, not that it is refused", async () => {
    const replies = new LosesThenMisleads(connection.raw, "edge")
    const misled = await startEdgeAlone({ connection: { ...connection, replies } })
    const client = await TestClient.join(misled.chat, "misled")
    client.say("misled", "ana", "never stored", "x1")
    expect(await client.error({ clientId: "x1" })).toMatchObject({
      message: expect.stringContaining("could not be stored")
    })
    replies.lose = 1
    client.say("misled", "ana", "stored", "x2")
    expect(await client.error({ clientId: "x2" })).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("is unknown")
    })
    expect(await stored("misled")).toHaveLength(1)
    await client.close()
    await misled.stop()
  })

  it("stores messages once and in order whose broker was killed and came back while they were sent", async () => {
    const client = await TestClient.join(edge.chat, "kill")
    const say = (from: number, to: number) => {
      for (let index = from; index < to; index++) client.say("kill", "ana", `${index}`, `k${index}`)
    }
    say(0, 100)
    await expect.poll(async () => (await stored("kill")).length, LONG).toBeGreaterThan(0)
    await broker.kill()
    say(100, 200)
    await broker.restart()
    await storedSoon("kill", 200)
    expect(client.transcript).toEqual([])
    for (let index = 0; index < 200; index++) client.say("kill", "ana", `${index}`, `k${index}`)
    await expect.poll(() => edge.repeats.filter(({ room }) => room === "kill").length, LONG).toBe(200)
    const ids = (await stored("kill")).map(({ headers }) => headers.get("Nats-Msg-Id"))
    expect(edge.repeats.flatMap(({ id, room }) => (room === "kill" ? [id] : []))).toEqual(ids)
    await client.close()
  })
})

describe("an edge whose sequencers are gone", () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  it("refuses messages before storing them, as retryable, and takes them when somebody works again", async () => {
    const connection = await broker.connectAs("edge")
    const edge = await startEdgeAlone({ connection })
    const client = await TestClient.join(edge.chat, "lobby")
    client.say("lobby", "ana", "hello", "s1")
    expect(await client.error({ clientId: "s1" })).toMatchObject({ code: "unavailable", retryable: true })
    expect(await submissions(connection).catch(() => [])).toHaveLength(0)

    const letGo = await holdAllPartitions(broker)
    await Effect.runPromise(Effect.sleep("1500 millis"))
    client.say("lobby", "ana", "hello", "s1")
    await expect.poll(async () => (await submissions(connection)).length, LONG).toBe(1)
    await client.close()
    await letGo()
    await edge.stop()
  })
})
