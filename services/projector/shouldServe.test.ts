import { describe, expect, it } from "vitest"
import { shouldServe } from "./shouldServe.ts"

describe("whether a replica answers", () => {
  it("stays in until it is too far behind", () => {
    expect(shouldServe(true, 100, 100)).toBe(true)
    expect(shouldServe(true, 101, 100)).toBe(false)
  })

  it("stays out until it has well caught up", () => {
    expect(shouldServe(false, 51, 100)).toBe(false)
    expect(shouldServe(false, 50, 100)).toBe(true)
  })

  it("with no lag allowed, answers only when it has everything", () => {
    expect(shouldServe(false, 0, 0)).toBe(true)
    expect(shouldServe(true, 1, 0)).toBe(false)
  })
})
