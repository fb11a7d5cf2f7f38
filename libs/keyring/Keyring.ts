/**
 * Who an author is and what opens their words. Pseudonyms and wrapped data keys live in the `KEYS` bucket, where an entry
 * once written is never overwritten; a data key belongs to one author, one room class and one month (ADR 0006).
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
  /** The key is no more, or was altered: what it sealed can never be opened again. */
  | "Destroyed"
  /** `KEYS` was not written with this master key: nothing can be known of any entry until that is put right. */
  | "Broken"

const MEANING: Readonly<Record<KeyringErrorReason, string>> = {
  Unavailable: "KEYS cannot be reached",
  Destroyed: "a key was destroyed",
  Broken: "KEYS was written with another master key; start with the one that belongs to this broker's data"
}

export class KeyringError extends Data.TaggedError("KeyringError")<{
  readonly reason: KeyringErrorReason
  /** For operators: what the broker said. */
  readonly detail?: string
}> {
  get retryable(): boolean {
    return this.reason === "Unavailable"
  }
  override get message(): string {
    return this.detail === undefined ? MEANING[this.reason] : `${MEANING[this.reason]}: ${this.detail}`
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
