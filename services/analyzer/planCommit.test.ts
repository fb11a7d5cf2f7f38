import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  MAX_ROUNDS,
  MAX_SINGLES,
  planCommit,
  type ReadyPartition
} from "./planCommit.ts"

const idle = { singles: 0, outcasts: 0, batch: false }
const ready = (partition: number, count: number, alone = false): ReadyPartition => ({
  partition,
  sizes: Array.from({ length: count }, () => 1_000),
  alone
})

describe("planCommit", () => {
  it("sends a few messages one by one, at the same time", () => {
    expect(planCommit([ready(1, 1), ready(5, 1)], idle)).toEqual({ _tag: "singles", partitions: [1, 5] })
  })

  it("sends many as one batch, with a share of each partition", () => {
    const shares = Array.from({ length: MAX_SINGLES }, (_, partition) => ({ partition, count: 2 }))
    expect(
      planCommit(
        shares.map(({ count, partition }) => ready(partition, count)),
        idle
      )
    ).toEqual({
      _tag: "batch",
      shares
    })
  })

  it("sends many of one partition as a batch, since one by one they would have to go one after the other", () => {
    expect(planCommit([ready(1, MAX_ROUNDS)], idle)).toEqual({ _tag: "singles", partitions: [1] })
    expect(planCommit([ready(1, MAX_ROUNDS + 1)], idle)).toMatchObject({ _tag: "batch" })
  })

  it("lets singles end before a batch, and a batch before anything", () => {
    expect(planCommit([ready(1, 30)], { ...idle, singles: 1 })).toEqual({ _tag: "wait" })
    expect(planCommit([ready(1, 1)], { ...idle, batch: true })).toEqual({ _tag: "wait" })
  })

  it("keeps a partition in trouble out of the others' batch, and neither waits for the other", () => {
    const all = [ready(1, 30), ready(2, 30), ready(3, 30, true)]
    const outcast = { _tag: "singles", partitions: [3] }
    expect(planCommit(all, idle)).toEqual(outcast)
    expect(planCommit(all, { ...idle, batch: true })).toEqual(outcast)
    const plan = planCommit(all.slice(0, 2), { ...idle, outcasts: MAX_SINGLES })
    expect(plan._tag === "batch" && plan.shares.map(({ partition }) => partition)).toEqual([1, 2])
  })

  it("appends a partition in trouble under constant load of the others, and does not hold them up", () => {
    const healthy = [ready(1, 60), ready(2, 60)]
    let batches = 0
    let outcasts = 0
    for (let turn = 0; turn < 20; turn++) {
      // Its single never ends, the others' batches end at once.
      const plan = planCommit(outcasts === 0 ? [...healthy, ready(3, 5, true)] : healthy, { ...idle, outcasts })
      if (plan._tag === "batch") batches += 1
      if (plan._tag === "singles") outcasts += plan.partitions.length
    }
    expect(outcasts).toBe(1)
    expect(batches).toBe(19)
  })

  it("bounds the singles of partitions in trouble", () => {
    const many = Array.from({ length: 32 }, (_, partition) => ready(partition, 5, true))
    const plan = planCommit(many, { ...idle, outcasts: 3 })
    expect(plan._tag === "singles" && plan.partitions.length).toBe(MAX_SINGLES - 3)
    expect(planCommit(many, { ...idle, outcasts: MAX_SINGLES })).toEqual({ _tag: "wait" })
  })

  const partitions = fc.uniqueArray(fc.nat(31), { minLength: 1, maxLength: 32 }).chain((indices) =>
    fc.tuple(
      ...indices.map((partition) =>
        fc.record({
          partition: fc.constant(partition),
          sizes: fc.array(fc.integer({ min: 1, max: 64 * 1024 }), { minLength: 1, maxLength: 256 }),
          alone: fc.boolean()
        })
      )
    )
  )

  it("always makes progress when nothing is in flight, within the bounds, and never asks for what is not there", () => {
    fc.assert(
      fc.property(partitions, (logs) => {
        const plan = planCommit(logs, idle)
        const sizesOf = new Map(logs.map(({ partition, sizes }) => [partition, sizes]))
        expect(plan._tag).not.toBe("wait")
        if (plan._tag === "singles") {
          expect(plan.partitions.length).toBeGreaterThan(0)
          expect(plan.partitions.length).toBeLessThanOrEqual(MAX_SINGLES)
        } else if (plan._tag === "batch") {
          const messages = plan.shares.reduce((sum, { count }) => sum + count, 0)
          const bytes = plan.shares
            .flatMap(({ count, partition }) => sizesOf.get(partition)?.slice(0, count) ?? [])
            .reduce((sum, size) => sum + size, 0)
          expect(messages).toBeGreaterThan(0)
          expect(messages).toBeLessThanOrEqual(MAX_BATCH_MESSAGES)
          expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES)
          for (const { count, partition } of plan.shares) {
            expect(count).toBeGreaterThan(0)
            expect(count).toBeLessThanOrEqual(sizesOf.get(partition)?.length ?? 0)
          }
        }
      })
    )
  })
})
