import { describe, expect, it } from "vitest"
import { abandoned, isCovered, observe, uncovered } from "./Coverage.ts"

describe("the coverage of partitions", () => {
  it("starts with none, since nothing was seen yet", () => {
    expect(abandoned(uncovered(3), 0)).toEqual([0, 1, 2])
  })

  it("forgives a lease that is missing for a moment, and not one that stays away", () => {
    const seen = observe(uncovered(2), new Set([0, 1]), 1_000)
    const later = observe(seen, new Set([0]), 6_000)
    expect(abandoned(later, 10_999)).toEqual([])
    expect(abandoned(later, 11_000)).toEqual([1])
    expect(isCovered(later, 0, 11_000)).toBe(true)
    expect(isCovered(observe(later, new Set([1]), 12_000), 1, 12_000)).toBe(true)
  })

  it("knows no partition beyond the last", () => {
    expect(isCovered(observe(uncovered(2), new Set([7]), 0), 7, 0)).toBe(false)
  })
})
