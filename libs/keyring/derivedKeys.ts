/** The keys that stand behind a master key: each has one use, so that nothing learnt of one tells of another. */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto"
import { lengthPrefixed } from "#libs/domain/lengthPrefixed.ts"

export interface DerivedKeys {
  /** Names entries of `KEYS`, so that no name tells of the user or author behind it. */
  readonly index: KeyObject
  /** Wraps what entries hold. */
  readonly wrap: KeyObject
  /** Stands users in the rate bucket. */
  readonly rate: KeyObject
}

const derive = (masterKey: Uint8Array, use: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync("sha256", masterKey, "", `attune/keyring/v1/${use}`, 32)))

export const deriveKeys = (masterKey: Uint8Array): DerivedKeys => ({
  index: derive(masterKey, "index"),
  wrap: derive(masterKey, "wrap"),
  rate: derive(masterKey, "rate")
})

const DIGEST_BYTES = 16

/** A keyed digest of these parts: 22 characters, fit for a subject's token. */
export const keyedDigest = (key: KeyObject, ...parts: ReadonlyArray<string>): string =>
  createHmac("sha256", key).update(lengthPrefixed(parts)).digest().subarray(0, DIGEST_BYTES).toString("base64url")
