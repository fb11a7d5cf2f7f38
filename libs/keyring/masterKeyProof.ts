/**
 * One entry, written before any other, that only its own master key opens. Without it another master key would find no
 * entry of anybody, and quietly give every user a second pseudonym.
 */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { NONCE_BYTES } from "#libs/crypto/aesGcm.ts"
import type { DerivedKeys } from "./derivedKeys.ts"
import type { KeyEntries } from "./KeyEntries.ts"
import { decodeEntry, unwrapEntry, wrapEntry } from "./KeyEntry.ts"
import { KeyringError } from "./Keyring.ts"

const NAME = "master"

export interface MasterKeyProof {
  /** Whether this is the bucket's master key; `absent` while the bucket has none. Fails with `Broken` if it is another's. */
  readonly check: Effect.Effect<"proven" | "absent", KeyringError>
  /** The same, and claims an empty bucket for this master key. Costs nothing once proven. */
  readonly claim: Effect.Effect<void, KeyringError>
}

export const masterKeyProof = (entries: KeyEntries, { wrap }: DerivedKeys): MasterKeyProof => {
  let proven = false
  const judge = (stored: Uint8Array): Effect.Effect<"proven", KeyringError> =>
    Effect.suspend(() => {
      const opened = Result.flatMap(decodeEntry(stored), (entry) => unwrapEntry(wrap, NAME, entry))
      if (Result.isFailure(opened)) return Effect.fail(new KeyringError({ reason: "Broken" }))
      proven = true
      return Effect.succeed("proven" as const)
    })
  const check = Effect.suspend((): Effect.Effect<"proven" | "absent", KeyringError> =>
    proven
      ? Effect.succeed("proven")
      : Effect.flatMap(
          entries.read(NAME),
          Option.match({ onNone: () => Effect.succeed("absent" as const), onSome: judge })
        )
  )
  const claim = Effect.gen(function* () {
    if ((yield* check) === "proven") return
    const proof = wrapEntry(wrap, { name: NAME, bytes: Buffer.from("attune") }, randomBytes(NONCE_BYTES))
    const { entry } = yield* entries.writeOnce(NAME, proof)
    yield* judge(entry)
  })
  return { check, claim }
}
