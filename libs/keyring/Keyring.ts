/**
 * Who an author is and what opens their words. Pseudonyms and wrapped data keys live in the `KEYS` bucket, where an entry
 * once written is never overwritten; a data key belongs to one author, one room class and one month (design section 2).
 */
import type { KeyObject } from "node:crypto"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Author } from "#libs/domain/Author.ts"
import type { RoomClass } from "#libs/domain/RoomClass.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import type { KeyId } from "#libs/events/SealedValue.ts"
import type { RateKey } from "#libs/ratelimit/RateLimiter.ts"

export type KeyringErrorReason =
  /** `KEYS` cannot be reached. */
  | "Unavailable"
  /** The key was there and is no more: what it sealed can never be opened again. */
  | "Destroyed"
  /** An entry cannot be unwrapped: another master key wrote it, or it was altered. */
  | "Broken"

export class KeyringError extends Data.TaggedError("KeyringError")<{ readonly reason: KeyringErrorReason }> {
  get retryable(): boolean {
    return this.reason === "Unavailable"
  }
}

export interface DataKey {
  readonly kid: KeyId
  readonly key: KeyObject
}

export class Keyring extends Context.Service<
  Keyring,
  {
    /** The pseudonym of a user, drawn at first sight; the same on every edge for ever. */
    readonly authorOf: (user: UserId) => Effect.Effect<Author, KeyringError>
    /** The key that seals what `author` says in rooms of this class now; made at first need. */
    readonly sealingKey: (author: Author, roomClass: RoomClass) => Effect.Effect<DataKey, KeyringError>
    /** The key an existing sealed value names. */
    readonly openingKey: (kid: KeyId) => Effect.Effect<KeyObject, KeyringError>
    /** Stands for the user in the rate bucket. Pure: no look-up. */
    readonly rateKeyOf: (user: UserId) => RateKey
  }
>()("attune/keyring/Keyring") {}
