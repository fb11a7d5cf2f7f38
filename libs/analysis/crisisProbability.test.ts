import { describe, expect, it } from "vitest"
import { crisisProbability } from "./crisisProbability.ts"

describe("crisisProbability", () => {
  it.each([
    "I am going to kill myself tonight",
    "i don’t want to live anymore",
    "Everyone would be better off without me.",
    "Work was fine. I just want to die. Anyway."
  ])("ranks what tells of danger to its writer high: %s", (text) => {
    expect(crisisProbability(text)).toBeGreaterThanOrEqual(0.7)
  })

  it.each([
    "ok see you tomorrow at the usual place",
    "the match was great",
    "",
    "I would never kill myself",
    "I used to cut myself, three years clean now"
  ])("ranks ordinary, denied and past things low: %s", (text) => {
    expect(crisisProbability(text)).toBeLessThanOrEqual(0.2)
  })

  it("ranks a worry about somebody else, and a manner of speaking, between the two", () => {
    for (const text of ["she said she was feeling suicidal", "want to die lol this homework"]) {
      const probability = crisisProbability(text)
      expect(probability).toBeGreaterThan(0.2)
      expect(probability).toBeLessThan(0.5)
    }
  })

  it("stays between 0 and 1, and quick, for hostile texts of the longest length", () => {
    const began = performance.now()
    for (const part of ["not ", "suicide ", "i dont want to ", "'", "a", "kill my", "no "]) {
      const probability = crisisProbability(part.repeat(4_000).slice(0, 4_000))
      expect(probability).toBeGreaterThanOrEqual(0)
      expect(probability).toBeLessThanOrEqual(1)
    }
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
