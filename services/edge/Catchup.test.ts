import { describe, expect, it } from "vitest"
import { follow, isLagging, NO_GOAL } from "./Catchup.ts"

describe("a read model", () => {
  it("keeps up while it reaches each end it is shown within five seconds, however fast the log grows", () => {
    let seen = NO_GOAL
    for (let second = 0; second < 60; second++) {
      const [applied, head, now] = [second * 100, second * 100 + 90, second * 1_000]
      seen = follow(seen, applied, head, now)
      expect(isLagging(seen, applied, now)).toBe(false)
    }
  })

  it("lags when it stands still before an end, and no more when it has reached it", () => {
    const seen = follow(NO_GOAL, 10, 20, 0)
    expect(isLagging(seen, 19, 5_000)).toBe(false)
    expect(isLagging(follow(seen, 19, 30, 5_001), 19, 5_001)).toBe(true)
    expect(isLagging(follow(seen, 20, 30, 5_001), 20, 5_001)).toBe(false)
  })
})
