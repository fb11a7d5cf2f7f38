import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { createInbox, type NatsConnection } from "@nats-io/transport-node"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Role } from "#nats/server/roles.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { connectTo } from "#tests/support/connectTo.ts"

let broker: Broker
const connections: Array<NatsConnection> = []

const as = async (role: Role): Promise<NatsConnection> => {
  const connection = await connectTo(broker.server.endpoint, role)
  connections.push(connection)
  return connection
}

/** How many messages the broker holds, asked by somebody who may. */
const stored = async (stream: string): Promise<number> => {
  const manager = await jetstreamManager(await as("provisioner"))
  return (await manager.streams.info(stream)).state.messages
}

/** What the broker says to a plain publication: an error of the connection, which comes before its next pong, or nothing. */
const violation = async (connection: NatsConnection, subject: string): Promise<string> => {
  const errors: Array<string> = []
  const listening = (async () => {
    for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message)
  })()
  connection.publish(subject, "forged")
  await connection.flush()
  await connection.close()
  await listening
  return errors.join("\n")
}

const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow(/permissions violation/i)

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()))
  await broker.stop()
})

describe("an edge's credentials", () => {
  it("submit a message", async () => {
    expect((await jetstream(await as("edge")).publish("chat.message.r", "hello")).seq).toBeGreaterThan(0)
  })

  it("cannot write the annotated stream or forge a live event", async () => {
    const before = await stored("ANN")
    await refused(jetstream(await as("edge")).publish("ann.0.r", "forged"))
    expect(await violation(await as("edge"), "live.r")).toMatch(/live\.r/)
    expect(await stored("ANN")).toBe(before)
  })

  it("cannot have the broker write the annotated stream for it, by a question to be answered there", async () => {
    const edge = await as("edge")
    const { seq } = await jetstream(edge).publish("chat.message.r", "forged")
    const before = await stored("ANN")
    const get = JSON.stringify({ seq })
    edge.publish("chat.message.r", "forged", { reply: "ann.0.r" })
    edge.publish("$JS.API.STREAM.INFO.SUB", "", { reply: "ann.0.r" })
    edge.publish("$JS.API.DIRECT.GET.SUB", get, { reply: "ann.0.r" })
    edge.publish("$JS.API.STREAM.MSG.GET.SUB", get, { reply: "ann.0.r" })
    // The same question with an honest reply subject comes back after the others were answered.
    await edge.request("$JS.API.STREAM.MSG.GET.SUB", get)
    await expect.poll(() => stored("SUB")).toBe(seq + 1)
    expect(await stored("ANN")).toBe(before)
  })

  it("cannot submit another kind than a message", async () => {
    await refused(jetstream(await as("edge")).publish("chat.erasure.r", "forged"))
  })

  it("cannot create, change, purge or delete a stream, nor delete a message", async () => {
    const manager = await jetstreamManager(await as("edge"), { checkAPI: false, timeout: 2_000 })
    await refused(manager.streams.add({ name: "MINE", subjects: ["mine.>"] }))
    await refused(manager.streams.update("SUB", { max_age: 1 }))
    await refused(manager.streams.purge("ANN"))
    await refused(manager.streams.delete("SUB"))
    await refused(manager.streams.deleteMessage("SUB", 1))
    await refused(manager.consumers.add("SUB", { durable_name: "mine" }))
  })

  it("cannot take leases or read another role's answers", async () => {
    await refused(jetstream(await as("edge")).publish("$KV.LEASE.p0", "mine"))
    const subscription = (await as("edge")).subscribe("_INBOX_analyzer.>")
    expect(String(await subscription.closed)).toMatch(/permissions violation/i)
  })
})

describe("the other roles", () => {
  it("let the analyzer write the annotated stream but submit nothing", async () => {
    const analyzer = await as("analyzer")
    expect((await jetstream(analyzer).publish("ann.0.r", "event")).stream).toBe("ANN")
    await refused(jetstream(analyzer).publish("chat.message.r", "forged"))
  })

  it("let a projector tail the annotated stream by an ordered consumer, and an analyzer make none", async () => {
    await jetstream(await as("analyzer")).publish("ann.1.r", "event")
    const consumer = await jetstream(await as("projector")).consumers.get("ANN")
    expect((await consumer.next({ expires: 2_000 }))?.subject).toMatch(/^ann\./)
    // A consumer delivers where its maker says: one more way to have the broker write for somebody.
    await refused(jetstream(await as("analyzer")).consumers.get("ANN"))
  })

  it("let a projector answer a question of the edge's, and write nothing else", async () => {
    const projector = await as("projector")
    projector.subscribe("history.page", { queue: "history", callback: (_, message) => void message.respond("page") })
    await projector.flush()
    expect((await (await as("edge")).request("history.page", "", { timeout: 2_000 })).string()).toBe("page")
    await refused(jetstream(projector).publish("ann.0.r", "forged"))
    expect(await violation(projector, createInbox("_INBOX_edge"))).toMatch(/permissions violation/i)
  })

  it("let the system role look at the server and nothing else", async () => {
    const system = await as("system")
    expect((await system.request("$SYS.REQ.SERVER.PING.VARZ", "")).string()).toContain("server_id")
    expect(await violation(system, "$SYS.REQ.SERVER.PING.CONNZ")).toMatch(/permissions violation/i)
  })
})
