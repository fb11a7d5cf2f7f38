import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { holdersOf, readLeases } from "#libs/leases/LeaseTable.ts"
import { type AnalyzerHarness, type RunningAnalyzer, startHarness } from "#tests/support/AnalyzerHarness.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterEach(() => harness.stopAnalyzers())
afterAll(() => harness.stop())

const loads = (analyzers: ReadonlyArray<RunningAnalyzer>) =>
  analyzers.map(({ service }) => service.status().partitions).toSorted((a, b) => b - a)

const untilLoads = (analyzers: ReadonlyArray<RunningAnalyzer>, expected: ReadonlyArray<number>, withinMs: number) =>
  vi.waitFor(() => expect(loads(analyzers)).toEqual(expected), { timeout: withinMs, interval: 20 })

describe("several analyzers", () => {
  it("share the partitions fairly as they come and go, and annotate once and in order all the while", async () => {
    const load = new AbortController()
    const written = (async () => {
      while (!load.signal.aborted) await harness.submitMany(50)
    })()
    const first = await harness.startAnalyzer()
    await untilLoads([first], [32], 10_000)
    const second = await harness.startAnalyzer()
    const third = await harness.startAnalyzer()
    await untilLoads([first, second, third], [11, 11, 10], 10_000)
    await first.stop()
    await untilLoads([second, third], [16, 16], 10_000)
    await second.stop()
    await untilLoads([third], [32], 10_000)
    load.abort()
    await written
    await harness.untilAnnotated()
  })

  it("hand their partitions over at once when they stop", async () => {
    const leaving = await harness.startAnalyzer()
    await untilLoads([leaving], [32], 10_000)
    const staying = await harness.startAnalyzer()
    await untilLoads([leaving, staying], [16, 16], 10_000)
    await leaving.stop()
    await untilLoads([staying], [32], 2_000)
    await staying.stop()
    const table = await Effect.runPromise(readLeases(harness.reader))
    expect(holdersOf(table).size).toBe(0)
  })

  it("recover at once when the broker restarts and has forgotten all leases", async () => {
    const analyzers = [await harness.startAnalyzer(), await harness.startAnalyzer()]
    await untilLoads(analyzers, [16, 16], 10_000)
    await harness.broker.kill()
    await harness.broker.restart()
    await vi.waitFor(() => harness.submit("lobby", "after the restart"), { timeout: 10_000 })
    await untilLoads(analyzers, [16, 16], 10_000)
    await harness.untilAnnotated()
  })
})
