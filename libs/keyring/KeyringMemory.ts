/** A keyring whose entries end with the process: for tests, and for whoever needs the contract without a broker. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { KeyEntries } from "./KeyEntries.ts"
import { Keyring, type KeyringError } from "./Keyring.ts"
import { makeKeyring } from "./makeKeyring.ts"
import { MASTER_KEY_BYTES } from "./MasterKey.ts"

/** Write-once entries in a map; two keyrings over the same ones are two processes over the same bucket. */
export const memoryEntries = (stored: Map<string, Uint8Array> = new Map()): KeyEntries => ({
  read: (name) => Effect.sync(() => Option.fromUndefinedOr(stored.get(name))),
  writeOnce: (name, entry) =>
    Effect.sync(() => {
      const standing = stored.get(name)
      if (standing !== undefined) return { entry: standing, created: false }
      const bytes = Buffer.from(entry)
      stored.set(name, bytes)
      return { entry: bytes, created: true }
    })
})

export const layerMemory: Layer.Layer<Keyring, KeyringError> = Layer.effect(
  Keyring,
  Effect.suspend(() => makeKeyring(memoryEntries(), randomBytes(MASTER_KEY_BYTES)))
)
