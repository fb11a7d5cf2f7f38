import { describe, expect, it } from "vitest"
import { AppendTrouble, AVOID_MS, HOPEFUL_FAILURES, PATIENCE_MS } from "./AppendTrouble.ts"

describe("AppendTrouble", () => {
  it("leaves a partition to others once it was refused for long enough, and tries again later", () => {
    const trouble = new AppendTrouble()
    expect(trouble.failed(3, false, 0)).toBe(true)
    expect(trouble.failed(3, false, PATIENCE_MS - 1)).toBe(false)
    expect(trouble.avoided(PATIENCE_MS - 1)).toEqual([])
    trouble.failed(3, false, PATIENCE_MS)
    expect(trouble.avoided(PATIENCE_MS)).toEqual([3])
    expect(trouble.avoided(PATIENCE_MS + AVOID_MS)).toEqual([])
  })

  it("leaves it again at the first failure afterwards", () => {
    const trouble = new AppendTrouble()
    for (const now of [0, PATIENCE_MS]) trouble.failed(3, false, now)
    const later = PATIENCE_MS + AVOID_MS + 10
    expect(trouble.failed(3, false, later)).toBe(false)
    expect(trouble.avoided(later)).toEqual([3])
  })

  it("begins anew after an append that arrived, and after a long time", () => {
    const trouble = new AppendTrouble()
    trouble.failed(3, false, 0)
    trouble.ended(3)
    expect(trouble.failed(3, false, PATIENCE_MS)).toBe(true)
    expect(trouble.failed(3, false, PATIENCE_MS + 2 * AVOID_MS + 1)).toBe(true)
    expect(trouble.avoided(PATIENCE_MS + 2 * AVOID_MS + 1)).toEqual([])
  })

  it("is more patient with errors that may pass by themselves", () => {
    const trouble = new AppendTrouble()
    for (let failure = 1; failure < HOPEFUL_FAILURES; failure++) trouble.failed(3, true, failure * PATIENCE_MS)
    expect(trouble.avoided(HOPEFUL_FAILURES * PATIENCE_MS)).toEqual([])
    trouble.failed(3, true, HOPEFUL_FAILURES * PATIENCE_MS)
    expect(trouble.avoided(HOPEFUL_FAILURES * PATIENCE_MS)).toEqual([3])
  })
})
