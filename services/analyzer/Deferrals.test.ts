import { describe, expect, it } from "vitest"
import { Deferrals } from "./Deferrals.ts"

const at = (srcSeq: number, now: number, last = srcSeq) => ({ partition: 3, srcSeq, last, now })

describe("Deferrals", () => {
  it("leaves a partition to others for the time of the wait, and then parks what it waited for", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    expect(deferrals.avoided(1_059)).toEqual([3])
    expect(deferrals.isOver(at(17, 1_059))).toBe(false)
    expect(deferrals.avoided(1_060)).toEqual([])
    expect(deferrals.isOver(at(17, 1_060))).toBe(true)
  })

  it("does not begin the wait for the same submission again", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    deferrals.defer(3, 17, 1_050)
    expect(deferrals.isOver(at(17, 1_060))).toBe(true)
  })

  it("waits once for a whole row of them, and anew for what came later", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    expect(deferrals.isOver(at(17, 1_060, 40))).toBe(true)
    expect(deferrals.isOver(at(18, 1_061, 50))).toBe(true)
    expect(deferrals.isOver(at(40, 1_062, 50))).toBe(true)
    expect(deferrals.isOver(at(41, 1_063, 50))).toBe(false)
    expect(deferrals.isOver({ ...at(18, 1_063), partition: 4 })).toBe(false)
  })

  it("waits anew for the next of a partition that somebody else took", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    expect(deferrals.isOver(at(18, 9_000, 40))).toBe(false)
  })

  it("waits for the next one of the partition anew", () => {
    const deferrals = new Deferrals(60)
    deferrals.defer(3, 17, 1_000)
    deferrals.defer(3, 18, 1_060)
    expect(deferrals.isOver(at(18, 1_060))).toBe(false)
    expect(deferrals.avoided(1_060)).toEqual([3])
  })
})
