/**
 * The keyring over any place of entries. In steady state every answer comes from memory, as a finished effect; look-ups of
 * one entry by many at once are one look-up.
 */
import { createSecretKey, randomBytes } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { NONCE_BYTES } from "#libs/crypto/aesGcm.ts"
import { Author } from "#libs/domain/Author.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { KeyId } from "#libs/events/SealedValue.ts"
import { RateKey } from "#libs/ratelimit/RateLimiter.ts"
import { deriveKeys, keyedDigest } from "./derivedKeys.ts"
import type { KeyEntries } from "./KeyEntries.ts"
import { decodeEntry, unwrapEntry, type Secret, wrapEntry } from "./KeyEntry.ts"
import { type DataKey, Keyring, KeyringError } from "./Keyring.ts"
import { masterKeyProof } from "./masterKeyProof.ts"
import { created, type LookupKind, lookups, misses } from "./metrics.ts"
import { monthOf } from "./monthOf.ts"
import { recentlyUsed } from "./recentlyUsed.ts"
import { remembered } from "./remembered.ts"

/** Answers held in memory, a few hundred bytes each. */
const CACHED_AUTHORS = 20_000
const CACHED_SEALING_KEYS = 20_000
const CACHED_OPENING_KEYS = 50_000

const PSEUDONYM_BYTES = 16
const DATA_KEY_BYTES = 32
const KEY_ID_BYTES = 8

const isAuthor = Schema.is(Author)

interface Opened {
  readonly kid: KeyId | undefined
  readonly bytes: Buffer
}

/** A keyring; fails with `Broken` at once if the entries belong to another master key. */
export const makeKeyring = Effect.fnUntraced(function* (entries: KeyEntries, masterKey: Uint8Array) {
  const keys = deriveKeys(masterKey)
  const proof = masterKeyProof(entries, keys)
  const context = yield* Effect.context()

  const open = (name: string, stored: Uint8Array): Effect.Effect<Opened, KeyringError> => {
    const opened = Result.flatMap(decodeEntry(stored), (entry) =>
      Result.map(unwrapEntry(keys.wrap, name, entry), (bytes): Opened => ({ kid: entry.kid, bytes }))
    )
    if (Result.isSuccess(opened)) return Effect.succeed(opened.success)
    // With the right master key it is the entry that is spoilt; without that certainty nothing may be given up.
    return Effect.flatMap(proof.check, (state) =>
      Effect.fail(new KeyringError({ reason: state === "proven" ? "Destroyed" : "Broken" }))
    )
  }

  const openOrMake = Effect.fnUntraced(function* (kind: LookupKind, name: string, make: () => Omit<Secret, "name">) {
    misses[kind].updateUnsafe(1, context)
    const found = yield* entries.read(name)
    if (Option.isSome(found)) return yield* open(name, found.value)
    yield* proof.claim
    const written = yield* entries.writeOnce(name, wrapEntry(keys.wrap, { name, ...make() }, randomBytes(NONCE_BYTES)))
    if (written.created) created[kind].updateUnsafe(1, context)
    return yield* open(name, written.entry)
  })

  const spoilt = Effect.fail(new KeyringError({ reason: "Destroyed" }))

  const authors = yield* remembered(CACHED_AUTHORS, (user: UserId) =>
    openOrMake("author", `author.${keyedDigest(keys.index, "author", user)}`, () => ({
      bytes: Buffer.from(randomBytes(PSEUDONYM_BYTES).toString("base64url"))
    })).pipe(
      Effect.flatMap(({ bytes }) => {
        const author = bytes.toString("utf8")
        return isAuthor(author) ? Effect.succeed(author) : spoilt
      })
    )
  )

  const openingKeys = yield* remembered(
    CACHED_OPENING_KEYS,
    Effect.fnUntraced(function* (kid: KeyId) {
      misses.opening.updateUnsafe(1, context)
      const name = dataKeyName(slotOf(kid))
      const found = yield* entries.read(name)
      if (Option.isNone(found)) return yield* spoilt
      const opened = yield* open(name, found.value)
      // Another key under the same name: the one asked for was destroyed, and its author has written again since.
      return opened.kid === kid ? createSecretKey(opened.bytes) : yield* spoilt
    })
  )

  const sealingKeys = yield* remembered(
    CACHED_SEALING_KEYS,
    /** `holder` names author, room class and month. */
    Effect.fnUntraced(function* (holder: string) {
      const slot = keyedDigest(keys.index, "data key", holder)
      const { kid, bytes } = yield* openOrMake("sealing", dataKeyName(slot), () => ({
        kid: KeyId.make(`${slot}.${randomBytes(KEY_ID_BYTES).toString("base64url")}`),
        bytes: randomBytes(DATA_KEY_BYTES)
      }))
      if (kid === undefined) return yield* spoilt
      const key = createSecretKey(bytes)
      openingKeys.set(kid, key)
      return { kid, key } satisfies DataKey
    })
  )

  const rateKeys = recentlyUsed<RateKey>(CACHED_AUTHORS)
  const rateKeyOf = (user: UserId): RateKey => {
    const known = rateKeys.get(user)
    if (known !== undefined) return known
    const key = RateKey.make(keyedDigest(keys.rate, user))
    rateKeys.set(user, key)
    return key
  }

  const counted = <A>(kind: LookupKind, lookup: () => Effect.Effect<A, KeyringError>): Effect.Effect<A, KeyringError> =>
    Effect.suspend(() => {
      lookups[kind].updateUnsafe(1, context)
      return lookup()
    })

  // Out of reach is not another's: whoever starts before the broker has a leader proves the key at first need.
  yield* proof.check.pipe(
    Effect.catchIf(
      (error) => error.retryable,
      (error) => Effect.logWarning("the master key could not be checked yet", error.message)
    )
  )
  return Keyring.of({
    authorOf: (user) => counted("author", () => authors.get(user)),
    sealingKey: (author, roomClass) =>
      counted("sealing", () =>
        Clock.clockWith((clock) =>
          sealingKeys.get(`${author}/${roomClass}/${monthOf(clock.currentTimeMillisUnsafe())}`)
        )
      ),
    openingKey: (kid) => counted("opening", () => openingKeys.get(kid)),
    rateKeyOf
  })
})

const dataKeyName = (slot: string): string => `dek.${slot}`
const slotOf = (kid: KeyId): string => kid.slice(0, kid.indexOf("."))
