import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Stack, startStack } from "#tests/support/Stack.ts"
import { TestClient } from "#tests/support/TestClient.ts"

const ROOM = "night"
const SENDERS = 4
const EACH = 60
const KILLS = 3

const textOf = (sender: number, index: number): string => `sender ${sender} says ${index}`

describe("a broker that is killed under load", () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ sync: "always", rate: { maxEvents: 1_000, perSeconds: 1 } })
  })
  afterAll(() => stack.stop())

  /** Says everything, one after the other; what is refused as retryable is said again under the same id. */
  const talk = async (client: TestClient, sender: number): Promise<void> => {
    for (let index = 0; index < EACH; index++) {
      const [text, clientId] = [textOf(sender, index), `${sender}-${index}`]
      for (let refusals = 0; ;) {
        client.say(ROOM, `user ${sender}`, text, clientId)
        const answer = await client.until(
          `an answer to ${clientId}`,
          (frames) => {
            const about = frames.filter((frame) => frame["client_id"] === clientId)
            return about.find(({ type }) => type === "message") ?? about[refusals]
          },
          60_000
        )
        if (answer["type"] === "message") break
        expect(answer).toMatchObject({ type: "error", retryable: true })
        refusals++
      }
    }
  }

  it("loses none of what was acknowledged, doubles nothing, and gives everybody one order", async () => {
    const clients = await Promise.all(
      Array.from({ length: SENDERS }, () => TestClient.join(stack.urls[0] ?? "", ROOM, { limit: "0" }))
    )
    const talking = Promise.all(clients.map(talk))
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = Math.floor((SENDERS * EACH * kill) / (KILLS + 1))
      await clients[0]?.until(`${enough} messages`, (frames) => (frames.length >= enough ? true : undefined), 60_000)
      await stack.broker.kill()
      await stack.broker.restart()
    }
    await talking
    const wanted = new Set(Array.from({ length: SENDERS * EACH }, (_, at) => textOf(Math.floor(at / EACH), at % EACH)))
    for (const client of clients) {
      await client.until("every message", (frames) => {
        const texts = new Set(frames.filter(({ type }) => type === "message").map(({ text }) => text))
        return texts.size === wanted.size ? true : undefined
      })
    }
    const orders = clients.map((client) =>
      // The answer to a retry is marked, and is no second message.
      client.transcript.filter((frame) => frame["type"] === "message" && frame["duplicate"] !== true)
    )
    for (const order of orders) {
      expect(order.map(({ seq }) => seq)).toEqual(orders[0]?.map(({ seq }) => seq))
      expect(new Set(order.map(({ text }) => text))).toEqual(wanted)
      expect(order).toHaveLength(wanted.size)
    }
    await Promise.all(clients.map((client) => client.close()))
  })

  it("says itself that it syncs before it acknowledges", async () => {
    const system = await stack.broker.connectAs("system")
    const answer = await system.raw.request("$SYS.REQ.SERVER.PING.JSZ", JSON.stringify({ config: true }))
    expect(answer.json()).toMatchObject({ data: { config: { sync_always: true } } })
  })
})
