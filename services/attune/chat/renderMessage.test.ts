import { describe, expect, it } from "vitest"
import type { ChatMessage } from "#libs/plainClient/incomingFrame.ts"
import { renderMessage } from "./renderMessage.ts"

const message: ChatMessage = {
  room_id: "lobby",
  user_id: "ana",
  text: "hello",
  sentiment: "positive",
  crisis_probability: 0.02,
  created_at: "2026-11-22T12:00:00.000Z",
  seq: 3
}
const plain = (changes: Partial<ChatMessage>, user = "ben") =>
  renderMessage({ ...message, ...changes }, { colours: false, user }).slice(9)

describe("a message on a terminal", () => {
  it("shows who said what, and how it sounds", () => {
    expect(plain({})).toBe("+ ana: hello")
    expect(plain({ sentiment: "negative" })).toBe("- ana: hello")
    expect(plain({ sentiment: null, crisis_probability: null })).toBe("? ana: hello")
  })

  it("flags a message that may ask for help, calmly", () => {
    expect(plain({ crisis_probability: 0.874 })).toBe("+ ana: hello [may need support: 87 %]")
    expect(plain({ crisis_probability: 0.49 })).not.toContain("support")
  })

  it("marks one's own message as stored", () => {
    expect(plain({}, "ana")).toBe("+ ana: hello ✓")
  })

  it("lets nobody steer the terminal", () => {
    const shown = plain({ text: "a\u001b[2Jb\u202ec\u0007\r", user_id: "an\u001ba" })
    expect(shown).toBe("+ an\u{fffd}a: a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}")
  })

  it("indents the further lines of a text, so that none looks like another message", () => {
    expect(plain({ text: "one\n12:00:00 + ben: two" })).toBe("+ ana: one\n    12:00:00 + ben: two")
  })

  it("uses colour only where it is wanted", () => {
    expect(plain({})).not.toContain("\u001b")
    expect(renderMessage(message, { colours: true, user: "ben" })).toContain("\u001b[32m+\u001b[0m")
  })
})
