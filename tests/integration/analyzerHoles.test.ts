import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { readEpoch } from "#nats/epoch.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { ANN } from "#nats/Topology.ts"
import { readProgress } from "#services/analyzer/HoleProgress.ts"
import { checkLog, readAll, srcSeqOf } from "#tests/support/annotatedLog.ts"
import { type AnalyzerHarness, startHarness } from "#tests/support/AnalyzerHarness.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterEach(() => harness.stopAnalyzers())
afterAll(() => harness.stop())

/** What a sequencer that was served by a damaged replica would have written: an event that goes over some. */
const passOver = async (srcSeq: number) => {
  const event = annotatedMessage(harness.keyring, { room: "lobby", user: "ana", text: "hello", srcSeq })
  await Effect.runPromise(Effect.flatMap(event, (outgoing) => publish(harness.reader, outgoing)))
}

/** Up to which submission the search has seen every one answered. */
const checkedThrough = async () => {
  const epoch = await Effect.runPromise(Effect.provideService(readEpoch, NatsConnection, harness.reader))
  return (await Effect.runPromise(readProgress(harness.reader, epoch))).base
}

describe("the search for holes", () => {
  it("answers what was passed over, once, with its own sequence and an unchanged checkpoint", async () => {
    const first = await harness.submit("lobby", "passed over")
    const second = await harness.submit("lobby", "passed over too")
    const third = await harness.submit("lobby", "answered")
    await passOver(third)
    await harness.startAnalyzer({ holesEveryMs: 200 })
    await harness.submitMany(100)
    await vi.waitFor(
      async () => expect(await checkLog(harness.reader)).toMatchObject({ submitted: 103, annotated: 103, missing: [] }),
      { timeout: 15_000 }
    )
    const events = (await readAll(harness.reader, ANN)).filter((event) => srcSeqOf(event) <= second)
    expect(events.map(srcSeqOf).toSorted((a, b) => a - b)).toEqual([first, second])
    for (const event of events) expect(Number(event.headers.get("Sub-Through"))).toBeGreaterThanOrEqual(third)
  })

  it("goes on where it was, in another instance, and finds nothing a second time", async () => {
    await harness.startAnalyzer({ holesEveryMs: 200 })
    await harness.submitMany(50)
    const passedOver = await harness.submit("lobby", "passed over as well")
    await vi.waitFor(async () =>
      expect(await checkLog(harness.reader)).toMatchObject({ submitted: 154, annotated: 154 })
    )
    await vi.waitFor(async () => expect(await checkedThrough()).toBe(passedOver), { timeout: 10_000 })
    expect(await checkLog(harness.reader)).toMatchObject({ annotated: 154, missing: [], doubled: [] })
    expect(passedOver).toBe(154)
  })
})
