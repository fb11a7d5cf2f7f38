import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { HoleWindow } from "./HoleWindow.ts"

const fresh = (capacity = 100) => new HoleWindow({ base: 0, scanned: 0, capacity })

describe("HoleWindow", () => {
  it("knows the submissions that no event answers", () => {
    const window = fresh()
    for (const [index, srcSeq] of [1, 3, 2, 6, 5].entries()) window.see(index + 1, srcSeq)
    expect(window.base).toBe(3)
    expect(window.unanswered(7, 10)).toEqual([4, 7])
    expect(window.unanswered(7, 1)).toEqual([4])
  })

  it("is full when too many wait for one", () => {
    const window = fresh(3)
    for (const srcSeq of [2, 3, 4]) window.see(srcSeq, srcSeq)
    expect(window.isFull).toBe(true)
    window.excuse(1)
    expect(window.base).toBe(4)
    expect(window.isFull).toBe(false)
  })

  it("says where to resume, however many wait", () => {
    const window = fresh(200_000)
    for (let annSeq = 1; annSeq <= 200_000; annSeq++) window.see(annSeq + 7, annSeq + 1)
    expect(window.isFull).toBe(true)
    expect(window.resumeAt).toBe(7)
  })

  it("finds the same, begun anew from where it says one may", () => {
    const events = fc.shuffledSubarray(Array.from({ length: 40 }, (_, at) => at + 1))
    fc.assert(
      fc.property(events, fc.nat(40), (sources, cut) => {
        const whole = fresh()
        const first = fresh()
        for (const [index, srcSeq] of sources.entries()) {
          whole.see(index + 1, srcSeq)
          if (index < cut) first.see(index + 1, srcSeq)
        }
        const second = new HoleWindow({ base: first.base, scanned: first.resumeAt, capacity: 100 })
        for (const [index, srcSeq] of sources.entries()) if (index + 1 > second.scanned) second.see(index + 1, srcSeq)
        expect(second.unanswered(40, 40)).toEqual(whole.unanswered(40, 40))
      })
    )
  })
})
