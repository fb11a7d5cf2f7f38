/**
 * What stands under a name in `KEYS`: a secret wrapped by the master key and bound to its name, so that no entry can be
 * put in another's place. Entries are read for ever; a new form is a new `v`.
 */
import type { KeyObject } from "node:crypto"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decrypt, encrypt } from "#libs/crypto/aesGcm.ts"
import { lengthPrefixed } from "#libs/domain/lengthPrefixed.ts"
import { KeyId } from "#libs/events/SealedValue.ts"

export const KeyEntry = Schema.Struct({
  v: Schema.Literal(1),
  /** Of a data key only: which of the keys ever kept under this name it is. */
  kid: Schema.optionalKey(KeyId),
  /** 12 bytes, base64url. */
  nonce: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{16}$/)),
  /** AES-256-GCM ciphertext followed by the 16-byte tag, base64url. */
  ct: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{22,}$/))
})
export type KeyEntry = typeof KeyEntry.Type

const KeyEntryJson = Schema.fromJsonString(KeyEntry)
const decodeJson = Schema.decodeUnknownResult(KeyEntryJson)
const encodeJson = Schema.encodeSync(KeyEntryJson)

const associated = (name: string, kid: KeyId | undefined): Buffer =>
  lengthPrefixed(kid === undefined ? [name] : [name, kid])

/** A secret about to be stored. */
export interface Secret {
  readonly name: string
  readonly kid?: KeyId
  readonly bytes: Uint8Array
}

/** The stored form of a secret. An entry is never wrapped anew, so a random nonce is used once. */
export const wrapEntry = (key: KeyObject, { name, kid, bytes }: Secret, nonce: Uint8Array): string =>
  encodeJson({ v: 1, ...(kid === undefined ? {} : { kid }), ...encrypt(key, associated(name, kid), bytes, nonce) })

/** Reads a stored entry without unwrapping it. */
export const decodeEntry = (stored: Uint8Array): Result.Result<KeyEntry, "undecodable"> =>
  Result.mapError(decodeJson(Buffer.from(stored).toString("utf8")), () => "undecodable")

/** The secret of an entry, unless another key wrapped it, or it was altered or moved. */
export const unwrapEntry = (key: KeyObject, name: string, entry: KeyEntry): Result.Result<Buffer, "not_authentic"> =>
  decrypt(key, associated(name, entry.kid), entry)
