import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Stack, startStack } from "#tests/support/Stack.ts"
import { type Received, TestClient } from "#tests/support/TestClient.ts"

const messagesOf = (client: TestClient): ReadonlyArray<Received> =>
  client.transcript.filter(({ type }) => type === "message")
const seqsOf = (client: TestClient): ReadonlyArray<unknown> => messagesOf(client).map(({ seq }) => seq)

describe("two edges", () => {
  let stack: Stack
  const limit = { maxEvents: 5, perSeconds: 3 }
  beforeAll(async () => {
    stack = await startStack({ edges: 2, rate: limit })
  })
  afterAll(() => stack.stop())
  const chat = (edge: number): string => stack.urls[edge] ?? ""

  it("share one limit: a user is admitted no more often by using both", async () => {
    const [left, right] = await Promise.all([TestClient.join(chat(0), "desk"), TestClient.join(chat(1), "desk")])
    for (let index = 0; index < limit.maxEvents * 2; index++) {
      const client = index % 2 === 0 ? left : right
      client.say("desk", "kim", `attempt ${index}`, `attempt-${index}`)
    }
    const answered = (client: TestClient) =>
      client.until("all answers", (frames) => {
        const refused = frames.filter(({ type }) => type === "error").length
        const own = frames.filter(({ type }) => type === "message").length
        return own === limit.maxEvents && refused > 0 ? refused : undefined
      })
    const refusals = await Promise.all([answered(left), answered(right)])
    expect(refusals[0] + refusals[1]).toBe(limit.maxEvents)
    for (const refusal of left.transcript.filter(({ type }) => type === "error")) {
      expect(refusal).toMatchObject({ code: "rate_limited", retryable: true })
      expect(refusal["retry_after_ms"]).toBeGreaterThan(0)
      expect(refusal["retry_after_ms"]).toBeLessThanOrEqual(limit.perSeconds * 1_000)
    }
    await Promise.all([left.close(), right.close()])
  })

  it("give those who join in the middle of a storm every message once, in everybody's order", async () => {
    const SPEAKERS = 40
    const speakers = await Promise.all(
      Array.from({ length: SPEAKERS }, (_, at) => TestClient.join(chat(at % 2), "square", { limit: "0" }))
    )
    const storm = (async () => {
      for (let round = 0; round < limit.maxEvents; round++) {
        for (const [at, speaker] of speakers.entries())
          speaker.say("square", `speaker ${at}`, `${at} in round ${round}`)
        await speakers[0]?.until(`round ${round}`, (frames) => (frames.length > round * SPEAKERS ? true : undefined))
      }
    })()
    const joiners: Array<TestClient> = []
    while (messagesOf(speakers[0] ?? joiners[0]!).length < SPEAKERS * 3) {
      joiners.push(await TestClient.join(chat(joiners.length % 2), "square", { limit: "200" }))
    }
    await storm
    const total = SPEAKERS * limit.maxEvents
    const everybody = [...speakers, ...joiners]
    for (const client of everybody) {
      await client.until("the whole storm", (frames) =>
        frames.filter(({ type }) => type === "message").length >= total ? true : undefined
      )
    }
    const order = seqsOf(everybody[0]!)
    expect(new Set(order).size).toBe(total)
    expect(joiners.length).toBeGreaterThan(3)
    for (const client of everybody) expect(seqsOf(client)).toEqual(order)
    await Promise.all(everybody.map((client) => client.close()))
  })
})
