import { describe, expect, it } from "vitest"
import { restartDelay } from "#nats/server/restartDelay.ts"

describe("restartDelay", () => {
  it("restarts a broker almost at once when it dies for the first time", () => {
    expect(restartDelay(undefined, 0)).toBe(50)
  })

  it("doubles while the lives stay short, up to five seconds", () => {
    const delays = Array.from({ length: 9 }).reduce<ReadonlyArray<number>>(
      (all) => [...all, restartDelay(all.at(-1), 10)],
      []
    )
    expect(delays).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  })

  it("starts over after half a minute of health", () => {
    expect(restartDelay(5_000, 30_000)).toBe(50)
  })
})
