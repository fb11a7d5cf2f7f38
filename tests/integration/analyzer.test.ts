import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type AnalyzerHarness, startHarness } from "#tests/support/AnalyzerHarness.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.stop())

describe("the analyzer", () => {
  it("answers every submission with exactly one annotated event, in order, old ones and new ones", async () => {
    await harness.submitMany(300)
    const analyzer = await harness.startAnalyzer()
    await harness.submitMany(300)
    await harness.untilAnnotated()
    await vi.waitFor(() => expect(analyzer.service.status()).toEqual({ partitions: 32, healthy: true }))
  })
})
