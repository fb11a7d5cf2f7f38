import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { appendTo, emptyTail, MAX_TAIL_BYTES, newestOf, prependTo, type TailEntry } from "./roomTail.ts"

const entry = (seq: number, bytes = 1): TailEntry => ({ seq, frame: Buffer.alloc(bytes) })
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
const seqs = (entries: ReadonlyArray<TailEntry>) => entries.map(({ seq }) => seq)

describe("a room's tail", () => {
  it("has the newest messages of history and of what came since, however they met", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(30), fc.nat(30), fc.nat(40), (depth, before, during, after, limit) => {
        let tail = emptyTail(depth)
        for (const seq of range(before + 1, before + during)) tail = appendTo(tail, entry(seq))
        // History is asked for as deep as the tail.
        tail = prependTo(
          tail,
          range(1, before)
            .slice(-depth || before)
            .map((seq) => entry(seq))
        )
        for (const seq of range(before + during + 1, before + during + after)) tail = appendTo(tail, entry(seq))
        const all = range(1, before + during + after)
        const served = Math.min(limit, depth)
        expect(seqs(newestOf(tail, served))).toEqual(served === 0 ? [] : all.slice(-served))
      })
    )
  })

  it("gives up its oldest messages when large ones would exceed its bytes", () => {
    const large = MAX_TAIL_BYTES / 4
    let tail = prependTo(
      emptyTail(50),
      range(1, 3).map((seq) => entry(seq, large))
    )
    for (const seq of [4, 5, 6]) tail = appendTo(tail, entry(seq, large))
    expect(seqs(tail.entries)).toEqual([3, 4, 5, 6])
    expect(seqs(appendTo(tail, entry(7, MAX_TAIL_BYTES)).entries)).toEqual([7])
  })
})
