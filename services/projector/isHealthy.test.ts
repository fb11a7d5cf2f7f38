import { describe, expect, it } from "vitest"
import { isHealthy, type Vitals } from "./isHealthy.ts"

const well: Vitals = { now: 100_000, seenAt: 99_500, movedAt: 99_500, lag: 0, maxLag: 100 }

describe("a read model's health", () => {
  it("is good when it has everything, however long nothing new came", () => {
    expect(isHealthy(well)).toBe(true)
    expect(isHealthy({ ...well, movedAt: 0 })).toBe(true)
  })

  it("is bad when the log was not seen for 5 s", () => {
    expect(isHealthy({ ...well, seenAt: 94_999 })).toBe(false)
  })

  it("is good while it catches up a little, bad when it is far behind", () => {
    expect(isHealthy({ ...well, lag: 100 })).toBe(true)
    expect(isHealthy({ ...well, lag: 101 })).toBe(false)
  })

  it("is bad when it is behind and has not moved for 5 s", () => {
    expect(isHealthy({ ...well, lag: 1, movedAt: 94_999 })).toBe(false)
  })
})
