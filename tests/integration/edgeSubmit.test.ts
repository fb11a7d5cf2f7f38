import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Connection } from "#nats/NatsConnection.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"
import { type EdgeAlone, holdAllPartitions, startEdgeAlone, submissions } from "#tests/support/EdgeAlone.ts"
import { TestClient } from "#tests/support/TestClient.ts"

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
  const stored = async (room: string) =>
    (await submissions(connection)).filter(({ subject }) => subject.includes(`.${room}.`))

  it("stores what is said, sealed, and answers with nothing but the room's own copy", async () => {
    const client = await TestClient.join(edge.chat, "plain")
    client.say("plain", "ana", "a private word")
    await expect.poll(() => stored("plain")).toHaveLength(1)
    const [message] = await stored("plain")
    expect(String(message?.data)).not.toContain("private")
    expect(String(message?.data)).not.toContain("ana")
    expect(client.transcript).toEqual([])
    await client.close()
  })
})
