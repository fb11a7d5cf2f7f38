import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { MAX_TEXT_CODE_POINTS, MessageText } from "./MessageText.ts"
import { UserId } from "./UserId.ts"

const text = Schema.decodeUnknownResult(MessageText)
const user = Schema.decodeUnknownResult(UserId)
const accepts = (value: string) => Result.isSuccess(text(value))

describe("a message's text", () => {
  it("may hold line breaks, tabs and any script", () => {
    expect(accepts("first line\nsecond\tline\r\n\u0645\u0631\u062d\u0628\u0627 \u{1F331}")).toBe(true)
  })

  it("counts characters, not UTF-16 units", () => {
    expect(accepts("\u{1F331}".repeat(MAX_TEXT_CODE_POINTS))).toBe(true)
    expect(accepts("\u{1F331}".repeat(MAX_TEXT_CODE_POINTS + 1))).toBe(false)
    expect(accepts("a".repeat(MAX_TEXT_CODE_POINTS))).toBe(true)
    expect(accepts("a".repeat(MAX_TEXT_CODE_POINTS + 1))).toBe(false)
  })

  it.each(["", "   \n", "a\u0000b", "\u001b[31mred", "\u0085", "\ud800 alone"])("refuses %j", (value) => {
    expect(accepts(value)).toBe(false)
  })

  it("is never repeated in the error that refuses it", () => {
    const refused = text("a secret\u0000")
    expect(Result.isFailure(refused) && refused.failure.message).not.toContain("secret")
  })
})

describe("a user id", () => {
  it("is bounded in bytes, because it travels in bytes", () => {
    expect(Result.isSuccess(user("\u00e9".repeat(64)))).toBe(true)
    expect(Result.isSuccess(user("\u00e9".repeat(65)))).toBe(false)
  })

  it("takes no control characters, not even a line break", () => {
    expect(Result.isSuccess(user("ana\n"))).toBe(false)
  })
})
