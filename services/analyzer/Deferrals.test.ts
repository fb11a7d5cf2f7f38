import { describe, expect, it } from "vitest"
import { Deferrals } from "./Deferrals.ts"

describe("Deferrals", () => {
  it("leaves a partition to others for the time of the wait, and then parks what it waited for", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    expect(deferrals.avoided(1_059)).toEqual([3])
    expect(deferrals.isOver(3, 17, 1_059)).toBe(false)
    expect(deferrals.avoided(1_060)).toEqual([])
    expect(deferrals.isOver(3, 17, 1_060)).toBe(true)
  })

  it("does not begin the wait for the same submission again", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    deferrals.defer(3, 17, 1_050)
    expect(deferrals.isOver(3, 17, 1_060)).toBe(true)
  })

  it("waits for the next one of the partition anew", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    deferrals.defer(3, 18, 1_060)
    expect(deferrals.isOver(3, 18, 1_060)).toBe(false)
    expect(deferrals.avoided(1_060)).toEqual([3])
  })
})
