import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Stack, startStack } from "#tests/support/Stack.ts"
import { TestClient } from "#tests/support/TestClient.ts"

describe("a whole stack", () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ edges: 2 })
  })
  afterAll(() => stack.stop())
  const chat = (edge = 0): string => stack.urls[edge] ?? ""

  it("brings a message, scored, to everybody in its room and to its sender, over all edges", async () => {
    const [ana, ben] = await Promise.all([TestClient.join(chat(0), "lobby"), TestClient.join(chat(1), "lobby")])
    ana.say("lobby", "ana", "what a wonderful day")
    for (const client of [ana, ben]) {
      expect(await client.message("what a wonderful day")).toMatchObject({
        room_id: "lobby",
        user_id: "ana",
        text: "what a wonderful day",
        sentiment: "positive",
        analysis: "scored"
      })
    }
    await Promise.all([ana.close(), ben.close()])
  })
})
