import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { refusedFor } from "./retryAfter.ts"

const millis = (max: number) => fc.double({ min: 0, max, noNaN: true })

describe("when the next message can be admitted", () => {
  it("is never before the entry is gone, and late by no more than the answer's way", () => {
    const start = fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 })
    fc.assert(
      fc.property(start, millis(10_000), millis(50), millis(50), millis(5_000), (began, age, way, seenAt, later) => {
        const windowMs = 10_000
        // True times on the broker's clock: the entry, the answer, and the moment of the question.
        const [entry, answered] = [began, began + age]
        const asked = answered + way + later
        const sighting = { brokerTime: Math.floor(answered), seenAt, windowMs, maxEvents: 5 }
        const entries = { count: 5, oldestStoredAt: Math.floor(entry) }
        const free = refusedFor(entries, sighting, seenAt + later)
        const truth = Math.max(0, entry + windowMs - asked)
        expect(free).toBeGreaterThanOrEqual(truth - 0.01)
        expect(free).toBeLessThanOrEqual(truth + way + 2.01)
      })
    )
  })

  it("is now when the entry that was in the way has just gone, however young the next oldest is", () => {
    const sighting = { brokerTime: 1_000_000, seenAt: 50, windowMs: 1_000, maxEvents: 3 }
    expect(refusedFor({ count: 2, oldestStoredAt: 999_900 }, sighting, 50)).toBe(0)
    expect(refusedFor(undefined, sighting, 50)).toBe(0)
    expect(refusedFor({ count: 3, oldestStoredAt: 999_900 }, sighting, 50)).toBe(901)
  })
})
