/** AES-256-GCM as it is used here: text forms in and out, the tag behind the ciphertext, associated data always given. */
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto"
import * as Result from "effect/Result"

/** Bytes of a nonce. Random ones are fit for 2^32 uses of a key; none may be used twice. */
export const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = "aes-256-gcm"

export interface Encrypted {
  /** base64url. */
  readonly nonce: string
  /** Ciphertext followed by the 16-byte tag, base64url. */
  readonly ct: string
}

export const encrypt = (key: KeyObject, associated: Buffer, plain: Uint8Array, nonce: Uint8Array): Encrypted => {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associated)
  const parts = [cipher.update(plain), cipher.final(), cipher.getAuthTag()]
  return { nonce: Buffer.from(nonce).toString("base64url"), ct: Buffer.concat(parts).toString("base64url") }
}

/** The plaintext, if these are the key and the associated data it was encrypted with, and no bit of it was altered. */
export const decrypt = (
  key: KeyObject,
  associated: Buffer,
  { nonce, ct }: Encrypted
): Result.Result<Buffer, "not_authentic"> =>
  Result.try({
    try: () => {
      const bytes = Buffer.from(ct, "base64url")
      const end = bytes.length - TAG_BYTES
      const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, "base64url"), { authTagLength: TAG_BYTES })
      decipher.setAAD(associated)
      decipher.setAuthTag(bytes.subarray(end))
      return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()])
    },
    catch: () => "not_authentic"
  })
