/**
 * Sealing and opening of what tells who wrote, and what. AES-256-GCM; the associated data are the event's id, room and
 * type, so that a sealed value moved to another event, or altered in any bit, does not open (design section 2).
 */
import type { KeyObject } from "node:crypto"
import { createCipheriv, createDecipheriv } from "node:crypto"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { EventId } from "#libs/domain/EventId.ts"
import { lengthPrefixed } from "#libs/domain/lengthPrefixed.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { DataKey } from "#libs/keyring/Keyring.ts"
import { SealedMessage } from "./SealedMessage.ts"
import type { SealedValue } from "./SealedValue.ts"

/** The event a sealed value belongs to. */
export interface SealContext {
  readonly eventId: EventId
  readonly room: RoomId
  readonly type: string
}

/** Bytes of a nonce. */
export const SEAL_NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = "aes-256-gcm"

const associatedData = ({ eventId, room, type }: SealContext): Buffer => lengthPrefixed([eventId, room, type])

/** Seals a message for its event. The nonce is the caller's: random, and never used twice with one key. */
export const sealMessage = (
  { kid, key }: DataKey,
  context: SealContext,
  { user_id, text, client_id }: SealedMessage,
  nonce: Uint8Array
): SealedValue => {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(associatedData(context))
  const sealed = [cipher.update(JSON.stringify({ user_id, text, client_id }), "utf8"), cipher.final()]
  return {
    alg: "A256GCM",
    kid,
    nonce: Buffer.from(nonce).toString("base64url"),
    ct: Buffer.concat([...sealed, cipher.getAuthTag()]).toString("base64url")
  }
}

const decodeMessage = Schema.decodeUnknownResult(SealedMessage)

const decrypt = (key: KeyObject, context: SealContext, sealed: SealedValue): unknown => {
  const bytes = Buffer.from(sealed.ct, "base64url")
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(sealed.nonce, "base64url"), { authTagLength: TAG_BYTES })
  decipher.setAAD(associatedData(context))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  const opened = [decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)), decipher.final()]
  return JSON.parse(Buffer.concat(opened).toString("utf8"))
}

/** Opens a sealed message, if it is whole and belongs to this event. */
export const openMessage = (
  key: KeyObject,
  context: SealContext,
  sealed: SealedValue
): Result.Result<SealedMessage, "seal_broken"> =>
  Result.flatMap(
    Result.try({ try: () => decrypt(key, context, sealed), catch: () => "seal_broken" as const }),
    (json) => Result.mapError(decodeMessage(json), () => "seal_broken" as const)
  )
