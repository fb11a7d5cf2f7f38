import { createSecretKey, randomBytes } from "node:crypto"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { eventIds, keyIds, nonces, rooms, sealedMessages } from "#tests/support/arbitraries.ts"
import type { SealedValue } from "./SealedValue.ts"
import { openMessage, sealMessage } from "./sealMessage.ts"

const key = createSecretKey(randomBytes(32))
const contexts = fc.record({ eventId: eventIds, room: rooms, type: fc.constantFrom("MessageSubmitted", "Message") })
const sealing = fc.tuple(contexts, sealedMessages, nonces, keyIds).map(([context, message, nonce, kid]) => ({
  context,
  message,
  sealed: sealMessage({ kid, key }, context, message, nonce)
}))

/** The same sealed value with one bit of its nonce or ciphertext turned. */
const turn = (sealed: SealedValue, field: "nonce" | "ct", at: number): SealedValue => {
  const bytes = Buffer.from(sealed[field], "base64url")
  const index = at % bytes.length
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << (at % 8)), index)
  return { ...sealed, [field]: bytes.toString("base64url") }
}

const broken = Result.fail("seal_broken")

describe("a sealed message", () => {
  it("opens to what was sealed", () => {
    fc.assert(
      fc.property(sealing, ({ context, message, sealed }) => {
        expect(openMessage(key, context, sealed)).toEqual(Result.succeed(message))
      })
    )
  })

  it("shows nothing of the user or the text", () => {
    fc.assert(
      fc.property(sealing, ({ message, sealed }) => {
        fc.pre(message.text.length > 3 && message.user_id.length > 3)
        const stored = Buffer.from(JSON.stringify(sealed) + Buffer.from(sealed.ct, "base64url").toString("latin1"))
        expect(stored.includes(message.text)).toBe(false)
        expect(stored.includes(message.user_id)).toBe(false)
      })
    )
  })

  it("does not open once any bit of it was turned", () => {
    fc.assert(
      fc.property(
        sealing,
        fc.constantFrom("nonce" as const, "ct" as const),
        fc.nat(),
        ({ context, sealed }, field, at) => {
          expect(openMessage(key, context, turn(sealed, field, at))).toEqual(broken)
        }
      )
    )
  })

  it("does not open as another event's, in another room, or as another type", () => {
    fc.assert(
      fc.property(sealing, contexts, ({ context, sealed }, other) => {
        for (const part of ["eventId", "room", "type"] as const) {
          fc.pre(other[part] !== context[part])
          expect(openMessage(key, { ...context, [part]: other[part] }, sealed)).toEqual(broken)
        }
      })
    )
  })

  it("does not open with another key", () => {
    fc.assert(
      fc.property(sealing, ({ context, sealed }) => {
        expect(openMessage(createSecretKey(randomBytes(32)), context, sealed)).toEqual(broken)
      })
    )
  })
})
