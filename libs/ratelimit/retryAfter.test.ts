import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { freeIn } from "./retryAfter.ts"

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
        const sighting = { brokerTime: Math.floor(answered), seenAt, windowMs }
        const free = freeIn(Math.floor(entry), sighting, seenAt + later)
        const truth = entry + windowMs - asked
        expect(free).toBeGreaterThanOrEqual(truth - 0.01)
        expect(free).toBeLessThanOrEqual(truth + way + 2.01)
      })
    )
  })
})
