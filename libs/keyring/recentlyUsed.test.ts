import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { recentlyUsed } from "./recentlyUsed.ts"

const CAPACITY = 6
const uses = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"), { maxLength: 60 })

describe("a memory of what was used lately", () => {
  it("knows the last half as many keys as it may hold", () => {
    fc.assert(
      fc.property(uses, (keys) => {
        const memory = recentlyUsed<string>(CAPACITY)
        for (const key of keys) if (memory.get(key) === undefined) memory.set(key, key)
        const latest = [...new Set(keys.toReversed())].slice(0, CAPACITY / 2)
        for (const key of latest) expect(memory.get(key)).toBe(key)
      })
    )
  })

  it("never knows more keys than it may hold", () => {
    const memory = recentlyUsed<number>(CAPACITY)
    for (let index = 0; index < 1_000; index++) memory.set(String(index), index)
    const known = Array.from({ length: 1_000 }, (_, index) => memory.get(String(index))).filter(
      (value) => value !== undefined
    )
    expect(known.length).toBeLessThanOrEqual(CAPACITY)
  })

  it("keeps a key that is used all the time, whatever passes by", () => {
    const memory = recentlyUsed<number>(CAPACITY)
    memory.set("busy", -1)
    for (let index = 0; index < 1_000; index++) {
      memory.set(String(index), index)
      expect(memory.get("busy")).toBe(-1)
    }
  })

  it("gives the value set last", () => {
    const memory = recentlyUsed<number>(CAPACITY)
    for (let index = 0; index < 20; index++) {
      memory.set("same", index)
      memory.set(String(index), 0)
      expect(memory.get("same")).toBe(index)
    }
  })
})
