/**
 * Sealing and opening of what tells who wrote, and what. AES-256-GCM; the associated data are the event's id, room and
 * type, so that a sealed value moved to another event, or altered in any bit, does not open (ADR 0006).
 */
import type { KeyObject } from "node:crypto"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decrypt, encrypt } from "#libs/crypto/aesGcm.ts"
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

const associated = ({ eventId, room, type }: SealContext): Buffer => lengthPrefixed([eventId, room, type])

/** Seals a message for its event. The nonce (`NONCE_BYTES`) is the caller's: random, never used twice with one key. */
export const sealMessage = (
  { kid, key }: DataKey,
  context: SealContext,
  { user_id, text, client_id }: SealedMessage,
  nonce: Uint8Array
): SealedValue => {
  const plain = Buffer.from(JSON.stringify({ user_id, text, client_id }), "utf8")
  return { alg: "A256GCM", kid, ...encrypt(key, associated(context), plain, nonce) }
}

const decodeMessage = Schema.decodeUnknownResult(Schema.fromJsonString(SealedMessage))

/** Opens a sealed message, if it is whole and belongs to this event. */
export const openMessage = (
  key: KeyObject,
  context: SealContext,
  sealed: SealedValue
): Result.Result<SealedMessage, "seal_broken"> =>
  decrypt(key, associated(context), sealed).pipe(
    Result.flatMap((plain) => decodeMessage(plain.toString("utf8"))),
    Result.mapError(() => "seal_broken")
  )
