import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { closeFrame, textFrame } from "./frame.ts"

/** Reads one frame by the letter of RFC 6455, section 5.2. */
const parse = (frame: Buffer) => {
  const [first = 0, second = 0] = frame
  const [length, start] =
    second === 127 ? [Number(frame.readBigUInt64BE(2)), 10] : second === 126 ? [frame.readUInt16BE(2), 4] : [second, 2]
  return { first, masked: second >= 128, length, payload: frame.subarray(start) }
}

describe("textFrame", () => {
  it("is one final unmasked text frame with exactly the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400, size: "max" }), (text) => {
        const { first, masked, length, payload } = parse(textFrame(text))
        expect([first, masked, length, payload.toString()]).toEqual([0x81, false, Buffer.byteLength(text), text])
      })
    )
  })

  it.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [70_000, 10]
  ])("gives a text of %i bytes the shortest header, %i bytes", (length, header) => {
    const frame = textFrame("x".repeat(length))
    expect(frame.byteLength).toBe(header + length)
    expect(parse(frame).length).toBe(length)
  })
})

describe("closeFrame", () => {
  it("carries code and reason", () => {
    const { first, masked, payload } = parse(closeFrame(4408, "too slow"))
    expect([first, masked, payload.readUInt16BE(0), payload.toString("utf8", 2)]).toEqual([
      0x88,
      false,
      4408,
      "too slow"
    ])
  })

  it("cuts a long reason to what a control frame holds, between characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200, size: "max" }), (reason) => {
        const { length, payload } = parse(closeFrame(1000, reason))
        expect(length).toBeLessThanOrEqual(125)
        expect(payload.byteLength).toBe(length)
        expect(reason.startsWith(payload.toString("utf8", 2))).toBe(true)
      })
    )
  })
})
