import { assert, double, integer, property } from "fast-check"
import { describe, expect, it } from "vitest"
import { retryDelayMs } from "./retryDelay.ts"

describe("the wait between two tries", () => {
  it("stays between 50 and 500 ms, however often was tried", () => {
    assert(
      property(integer({ min: 1, max: 2_000 }), double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
        const delay = retryDelayMs(tries, random)
        expect(delay).toBeGreaterThanOrEqual(50)
        expect(delay).toBeLessThanOrEqual(500)
      })
    )
  })

  it("grows", () => {
    expect([1, 2, 3, 4, 5].map((tries) => retryDelayMs(tries, 1))).toEqual([100, 200, 400, 500, 500])
  })
})
