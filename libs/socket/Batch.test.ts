import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Batch } from "./Batch.ts"

const buffers = (texts: ReadonlyArray<string>) => texts.map((text) => Buffer.from(text))

describe("Batch", () => {
  it("joins what it was given, in order, with its counts", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (texts) => {
        const parts = buffers(texts)
        const batch = parts.reduce((so, part) => so.with(part, 2), Batch.empty())
        expect(batch.bytes()).toEqual(Buffer.concat(parts))
        expect([batch.frames, batch.byteLength]).toEqual([parts.length * 2, Buffer.concat(parts).byteLength])
      })
    )
  })

  it("shares one buffer between readers that are offered the same frames", () => {
    const [a, b] = [Buffer.from("a"), Buffer.from("b")]
    const start = Batch.empty()
    const one = start.with(a, 1).with(b, 1)
    const other = start.with(a, 1).with(b, 1)
    expect(one.bytes()).toBe(other.bytes())
  })

  it("does not copy a single buffer", () => {
    const frame = Buffer.from("frame")
    expect(Batch.empty().with(frame, 1).bytes()).toBe(frame)
  })

  it("keeps readers apart whose frames differ after a common start", () => {
    const [a, b, c] = [Buffer.from("a"), Buffer.from("b"), Buffer.from("c")]
    const start = Batch.empty()
    const common = start.with(a, 1)
    const one = common.with(b, 1)
    const other = common.with(c, 1)
    expect([one.bytes().toString(), other.bytes().toString(), common.bytes().toString()]).toEqual(["ab", "ac", "a"])
  })
})
