import { describe, expect, it } from "vitest"
import { DEFAULT_HEARTBEAT, firstPing, heartbeat, sweepEveryMs } from "./heartbeat.ts"

const at = (heardAt: number, pingDue: number, now: number) => heartbeat(DEFAULT_HEARTBEAT, { heardAt, pingDue }, now)

describe("the heartbeat", () => {
  it("pings when a ping is due, and gives up 10 s after a silent interval", () => {
    expect(at(0, 25_000, 24_999)).toBe("wait")
    expect(at(0, 25_000, 25_000)).toBe("ping")
    expect(at(0, 50_000, 34_999)).toBe("wait")
    expect(at(0, 50_000, 35_000)).toBe("give up")
  })

  it("begins anew with anything that is heard", () => {
    expect(at(34_000, 50_000, 35_000)).toBe("wait")
    expect(at(34_000, 50_000, 68_999)).toBe("ping")
    expect(at(34_000, 75_000, 69_000)).toBe("give up")
  })

  it("spreads the first pings over one interval", () => {
    expect(firstPing(DEFAULT_HEARTBEAT, 100, 0)).toBe(100)
    expect(firstPing(DEFAULT_HEARTBEAT, 100, 1)).toBe(25_100)
  })

  it("looks often enough to keep a short deadline", () => {
    expect(sweepEveryMs(DEFAULT_HEARTBEAT)).toBe(1_000)
    expect(sweepEveryMs({ intervalMs: 200, graceMs: 100 })).toBe(20)
  })
})
