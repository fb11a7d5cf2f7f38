import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { layerWorker } from "#libs/analysis/AnalyzerWorker.ts"
import { Analyzer } from "#libs/analysis/Analyzer.ts"
import { annotateWithVader } from "#libs/analysis/vaderEngine.ts"
import { vaderIdentity } from "#libs/analysis/vaderIdentity.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { publish } from "#nats/publish.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { ANN, SUB } from "#nats/Topology.ts"
import { readAll, srcSeqOf } from "#tests/support/annotatedLog.ts"
import { type AnalyzerHarness, startHarness } from "#tests/support/AnalyzerHarness.ts"
import { sealedSubmission } from "#tests/support/EventFactory.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterEach(() => harness.stopAnalyzers())
afterAll(() => harness.stop())

const eventOf = (srcSeq: number): Promise<StoredMessage> =>
  vi.waitFor(
    async () => {
      const event = (await readAll(harness.reader, ANN)).find((message) => srcSeqOf(message) === srcSeq)
      if (event === undefined) throw new Error(`submission ${srcSeq} has no event yet`)
      return event
    },
    { timeout: 15_000, interval: 50 }
  )

const payloadOf = (event: StoredMessage): unknown => JSON.parse(Buffer.from(event.data).toString("utf8"))

/** Publishes a submission, changed in some way, with an edge's rights. */
const submitChanged = async (
  room: string,
  change: { readonly headers?: Record<string, string>; readonly data?: string }
) => {
  const spec = { room, user: "ana", text: "hello" }
  const { outgoing } = await Effect.runPromise(sealedSubmission(harness.keyring, spec))
  const changed = { ...outgoing, ...change, headers: { ...outgoing.headers, ...change.headers } }
  return (await Effect.runPromise(publish(harness.edge, changed))).seq
}

describe("the analyzer", () => {
  it("answers every submission with exactly one annotated event, in order, old ones and new ones", async () => {
    await harness.submitMany(300)
    const analyzer = await harness.startAnalyzer()
    await harness.submitMany(300)
    await harness.untilAnnotated()
    await vi.waitFor(() => expect(analyzer.service.status()).toEqual({ partitions: 32, healthy: true }))
  })

  it("carries the sealed text, the broker's time and the envelope over, and adds the scores", async () => {
    await harness.startAnalyzer()
    const seq = await harness.submit("lobby", "I love this, thank you so much!")
    const event = await eventOf(seq)
    const submission = (await readAll(harness.reader, SUB))[seq - 1]
    expect(payloadOf(event)).toEqual({
      submitted_id: submission?.headers.get("Event-Id"),
      author: expect.any(String),
      sealed: expect.objectContaining({ alg: "A256GCM" }),
      created_at: submission?.storedAt,
      annotation: annotateWithVader("I love this, thank you so much!"),
      analyzer: vaderIdentity
    })
    expect(event.headers.get("Causation-Id")).toBe(submission?.headers.get("Event-Id"))
    expect(event.headers.get("Correlation-Id")).toBe(submission?.headers.get("Correlation-Id"))
    expect(decodeAnnotated(event)).toMatchObject({ success: { srcSeq: seq, subThrough: seq, room: "lobby" } })
  })

  it("parks what it cannot read, with the reason, and goes on with the partition", async () => {
    await harness.startAnalyzer()
    const spoilt = await Promise.all([
      submitChanged("lobby", { data: "{}" }),
      submitChanged("lobby", { data: "not json" }),
      submitChanged("lobby", { headers: { "Event-Type": "SomethingElse", "Nats-Msg-Id": "b" } }),
      submitChanged("lobby", { headers: { "Event-Id": "", "Nats-Msg-Id": "c" } })
    ])
    // Sealed for another room: the seal covers where a message was said.
    const { outgoing } = await Effect.runPromise(
      sealedSubmission(harness.keyring, { room: "elsewhere", user: "ana", text: "hello" })
    )
    const moved = await Effect.runPromise(publish(harness.edge, { ...outgoing, subject: "chat.message.lobby" }))
    const after = await harness.submit("lobby", "still here")
    const reasons = await Promise.all([...spoilt, moved.seq].map(async (seq) => payloadOf(await eventOf(seq))))
    expect(reasons).toEqual(
      ["payload_undecodable", "payload_undecodable", "type_unknown", "envelope_undecodable", "seal_broken"].map(
        (reason) => ({ reason, created_at: expect.any(Number) })
      )
    )
    expect(payloadOf(await eventOf(after))).toMatchObject({ annotation: { sentiment: "neutral" } })
    await harness.untilAnnotated()
  })

  it("keeps the place of a submission whose room is not one, out of every room's sight", async () => {
    await harness.startAnalyzer()
    const { outgoing } = await Effect.runPromise(
      sealedSubmission(harness.keyring, { room: "lobby", user: "ana", text: "hello" })
    )
    const stray = await Effect.runPromise(publish(harness.edge, { ...outgoing, subject: "chat.message.not!a!room" }))
    const event = await eventOf(stray.seq)
    expect(event.subject).toMatch(/^ann\.\d+\.\$stray$/)
    expect(payloadOf(event)).toMatchObject({ reason: "envelope_undecodable" })
  })

  it("waits with a submission of a later version, so that a newer build can take it, and then parks it", async () => {
    const analyzer = await harness.startAnalyzer({ tooNewWaitMs: 2_500 })
    const seq = await submitChanged("later", { headers: { "Event-Version": "2" } })
    const elsewhere = await harness.submit("lobby", "others go on meanwhile")
    await eventOf(elsewhere)
    await vi.waitFor(() => expect(analyzer.service.status().partitions).toBe(31), { timeout: 2_000 })
    expect((await readAll(harness.reader, ANN)).some((message) => srcSeqOf(message) === seq)).toBe(false)
    expect(payloadOf(await eventOf(seq))).toMatchObject({ reason: "version_unknown" })
    await vi.waitFor(() => expect(analyzer.service.status().partitions).toBe(32), { timeout: 2_000 })
  })

  it("sends a message on without scores when the engine is stuck, and scores the next ones", async () => {
    const entry = new URL("../support/moodyEngineThread.ts", import.meta.url)
    await harness.startAnalyzer({}, layerWorker({ deadlineMs: 250, entry }))
    await eventOf(await harness.submit("lobby", "warm up"))
    const stuck = await harness.submit("lobby", "get stuck")
    const began = Date.now()
    const event = await eventOf(stuck)
    expect(event.storedAt - began).toBeLessThan(500)
    expect(payloadOf(event)).not.toHaveProperty("annotation")
    await vi.waitFor(
      async () => expect(payloadOf(await eventOf(await harness.submit("lobby", "fine")))).toHaveProperty("annotation"),
      { timeout: 5_000 }
    )
  })

  it("holds back a partition's messages, in order, while the engine's answers take turns", async () => {
    const slow = Layer.succeed(
      Analyzer,
      Analyzer.of({
        identity: vaderIdentity,
        annotate: (texts) =>
          Effect.delay(
            Effect.sync(() => texts.map(() => undefined)),
            `${(texts.length * 7) % 20} millis`
          )
      })
    )
    await harness.startAnalyzer({}, slow)
    await harness.submitMany(200, 5)
    await harness.untilAnnotated()
  })
})
