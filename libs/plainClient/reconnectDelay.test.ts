import { describe, expect, it } from "vitest"
import { reconnectDelay } from "./reconnectDelay.ts"

describe("reconnectDelay", () => {
  it("draws from zero up to a bound that doubles from half a second to twenty", () => {
    const longest = Array.from({ length: 8 }, (_, failures) => reconnectDelay(failures, 1))
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
    expect(reconnectDelay(7, 0)).toBe(0)
  })

  it("stays bounded after a night of failures", () => {
    expect(reconnectDelay(5_000, 1)).toBe(20_000)
  })
})
