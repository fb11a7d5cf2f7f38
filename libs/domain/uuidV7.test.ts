import { assert, integer, property, uint8Array } from "fast-check"
import { describe, expect, it } from "vitest"
import { UUID_V7_RANDOM_BYTES, uuidV7 } from "./uuidV7.ts"

const randomness = uint8Array({ minLength: UUID_V7_RANDOM_BYTES, maxLength: UUID_V7_RANDOM_BYTES })
const time = integer({ min: 0, max: 2 ** 47 })

describe("a UUID of version 7", () => {
  it("has its version and its variant, whatever the time and the randomness", () => {
    assert(
      property(time, randomness, (now, random) => {
        expect(uuidV7(now, random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      })
    )
  })

  it("sorts by time", () => {
    assert(
      property(time, randomness, randomness, (now, random, other) => {
        expect(uuidV7(now, random) < uuidV7(now + 1, other)).toBe(true)
      })
    )
  })

  it("holds the time in its first six bytes", () => {
    expect(uuidV7(0x017f22e279b0, new Uint8Array(10).fill(0xff))).toBe("017f22e2-79b0-7fff-bfff-ffffffffffff")
  })
})
