import { describe, expect, it } from "vitest"
import { makeRefusals } from "./Refusals.ts"

describe("known refusals", () => {
  it("last until their time and are then forgotten", () => {
    const refusals = makeRefusals(10)
    expect(refusals.left("a", 0)).toBe(0)
    refusals.refuse("a", 100)
    expect([refusals.left("a", 0), refusals.left("a", 99.5)]).toEqual([100, 0.5])
    expect([refusals.left("a", 100), refusals.size()]).toEqual([0, 0])
  })

  it("are bounded: the first made goes first, and a renewed one is new", () => {
    const refusals = makeRefusals(2)
    refusals.refuse("a", 100)
    refusals.refuse("b", 100)
    refusals.refuse("a", 200)
    refusals.refuse("c", 100)
    expect(["a", "b", "c"].map((key) => refusals.left(key, 0))).toEqual([200, 0, 100])
    expect(refusals.size()).toBe(2)
  })
})
