import { randomBytes } from "node:crypto"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keyIds, nonces } from "#tests/support/arbitraries.ts"
import { deriveKeys, keyedDigest } from "./derivedKeys.ts"
import { decodeEntry, unwrapEntry, wrapEntry } from "./KeyEntry.ts"

const { wrap, index, rate } = deriveKeys(randomBytes(32))
const names = fc.constantFrom("master", "author.x", "dek.x")
const secrets = fc.record(
  { name: names, bytes: fc.uint8Array({ maxLength: 40 }), kid: keyIds },
  { requiredKeys: ["name", "bytes"] }
)
const stored = (text: string) => Result.getOrThrow(decodeEntry(Buffer.from(text)))
const refused = Result.fail("not_authentic")

describe("an entry of KEYS", () => {
  it("unwraps to the secret it was made of", () => {
    fc.assert(
      fc.property(secrets, nonces, (secret, nonce) => {
        const entry = stored(wrapEntry(wrap, secret, nonce))
        expect(unwrapEntry(wrap, secret.name, entry)).toEqual(Result.succeed(Buffer.from(secret.bytes)))
      })
    )
  })

  it("does not unwrap under another name, as another key, or for another master key", () => {
    fc.assert(
      fc.property(secrets, nonces, names, keyIds, (secret, nonce, name, kid) => {
        const entry = stored(wrapEntry(wrap, secret, nonce))
        fc.pre(name !== secret.name)
        expect(unwrapEntry(wrap, name, entry)).toEqual(refused)
        expect(unwrapEntry(wrap, secret.name, { ...entry, kid })).toEqual(refused)
        expect(unwrapEntry(deriveKeys(randomBytes(32)).wrap, secret.name, entry)).toEqual(refused)
      })
    )
  })

  it.each(["", "{", "{}", `{"v":2,"nonce":"${"A".repeat(16)}","ct":"${"A".repeat(30)}"}`])(
    "is not read from %j",
    (text) => {
      expect(decodeEntry(Buffer.from(text))).toEqual(Result.fail("undecodable"))
    }
  )
})

describe("the keys behind a master key", () => {
  it("differ from each other and from those of another master key", () => {
    const another = deriveKeys(randomBytes(32))
    const all = [wrap, index, rate, another.wrap, another.index, another.rate]
    expect(new Set(all.map((key) => key.export().toString("hex"))).size).toBe(6)
  })

  it("are the same for the same master key, in every build", () => {
    const { index: known } = deriveKeys(Uint8Array.from({ length: 32 }, (_, byte) => byte))
    expect(keyedDigest(known, "author", "zoë.müller")).toBe("K71taT8WjkK6eop_Y0uvgg")
  })

  it("digest lists, not their concatenation", () => {
    expect(keyedDigest(index, "ab", "c")).not.toBe(keyedDigest(index, "a", "bc"))
  })
})
