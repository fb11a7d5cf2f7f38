import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseMasterKey } from "./parseMasterKey.ts"

describe("a master key written as text", () => {
  it("is read as hex, base64 and base64url, with a line break after it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        for (const form of ["hex", "base64", "base64url"] as const) {
          expect(parseMasterKey(`${Buffer.from(key).toString(form)}\n`)).toEqual(key)
        }
      })
    )
  })

  it.each([
    ["", "nothing"],
    ["correct horse battery staple", "a phrase"],
    ["ab".repeat(31), "31 bytes of hex"],
    [Buffer.alloc(31, 7).toString("base64"), "31 bytes of base64"],
    [Buffer.alloc(33, 7).toString("base64"), "33 bytes of base64"],
    [`${"A".repeat(42)}B`, "a last digit that no 32 bytes have"]
  ])("%j is refused: %s", (text) => {
    expect(parseMasterKey(text)).toBeUndefined()
  })
})
