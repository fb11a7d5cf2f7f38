import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { holdersOf, readLeases } from "#libs/leases/LeaseTable.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { askApi } from "#nats/api.ts"
import { decodeStream } from "#nats/StreamConfig.ts"
import { partitionOf } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"
import { type AnalyzerHarness, startHarness } from "#tests/support/AnalyzerHarness.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.stop())

describe("an analyzer whose appends the broker refuses", () => {
  it("is not healthy any more and lets go of the partition, so that everybody sees that it is not worked on", async () => {
    const provisioner = await harness.broker.connectAs("provisioner")
    const { raw } = await Effect.runPromise(
      askApi(provisioner, { endpoint: `STREAM.INFO.${ANN}`, decode: decodeStream })
    )
    const analyzer = await harness.startAnalyzer()
    await harness.submit("lobby", "the last one that fits")
    await harness.untilAnnotated()
    const body = { ...raw, max_msgs: 1 }
    await Effect.runPromise(askApi(provisioner, { endpoint: `STREAM.UPDATE.${ANN}`, body, decode: Result.succeed }))
    await vi.waitFor(() => expect(analyzer.service.status()).toEqual({ partitions: 32, healthy: true }))

    await harness.submit("lobby", "one too many")
    await vi.waitFor(() => expect(analyzer.service.status()).toEqual({ partitions: 31, healthy: false }), {
      timeout: 12_000
    })
    const held = holdersOf(await Effect.runPromise(readLeases(harness.reader)))
    expect(held.has(partitionOf(RoomId.make("lobby")))).toBe(false)
    expect(held.size).toBe(31)
  })
})
