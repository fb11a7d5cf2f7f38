import { describe, expect, it } from "vitest"
import { HoleProbe } from "./HoleProbe.ts"
import { HoleWindow } from "./HoleWindow.ts"

describe("HoleProbe", () => {
  it("tells which suspects are answered after all, and remembers nothing else", () => {
    const probe = new HoleProbe(10, [4, 7])
    for (const [annSeq, srcSeq] of [
      [11, 20],
      [12, 7],
      [13, undefined],
      [14, 7]
    ] as const) {
      probe.see(annSeq, srcSeq)
    }
    expect(probe.scanned).toBe(14)
    expect(probe.answered).toEqual([7])
    expect(probe.open).toEqual([4])
    expect([4, 7, 20].map((srcSeq) => probe.isAnswered(srcSeq))).toEqual([false, true, false])
  })

  it("frees a full window whose missing submission was answered far behind", () => {
    const window = new HoleWindow({ base: 0, scanned: 0, capacity: 3 })
    for (const srcSeq of [2, 3, 4]) window.see(srcSeq - 1, srcSeq)
    const probe = new HoleProbe(window.scanned, window.unanswered(4, 10))
    for (let annSeq = 4; annSeq < 1_000; annSeq++) probe.see(annSeq, annSeq + 1)
    probe.see(1_000, 1)
    for (const srcSeq of probe.answered) window.excuse(srcSeq)
    expect(window.isFull).toBe(false)
    expect(window.base).toBe(4)
    expect(window.scanned).toBe(3)
  })
})
