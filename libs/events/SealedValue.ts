/** Text, user id and explanations as they rest in streams and files: encrypted, and bound to their event, room and type. */
import * as Schema from "effect/Schema"

/** The opaque name of a data key: where it is kept in `KEYS`, and which of the keys ever kept there. */
export const KeyId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{11}$/)).pipe(
  Schema.brand("KeyId")
)
export type KeyId = typeof KeyId.Type

export const SealedValue = Schema.Struct({
  alg: Schema.Literal("A256GCM"),
  kid: KeyId,
  /** 12 bytes, base64url. */
  nonce: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{16}$/)),
  /** Ciphertext followed by the 16-byte tag, base64url. */
  ct: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{22,}$/))
})
export type SealedValue = typeof SealedValue.Type
