import * as Effect from "effect/Effect"
import { memoryEntries } from "#libs/keyring/KeyringMemory.ts"
import { makeKeyring } from "#libs/keyring/makeKeyring.ts"
import { keyringContract } from "./keyringContract.ts"

keyringContract("in memory", () => {
  const stored = new Map<string, Uint8Array>()
  return Promise.resolve({
    open: (masterKey) => Effect.runPromise(makeKeyring(memoryEntries(stored), masterKey)),
    names: () => Promise.resolve([...stored.keys()]),
    read: (name) => Promise.resolve(stored.get(name) ?? new Uint8Array()),
    remove: (name) => Promise.resolve(void stored.delete(name)),
    put: (name, entry) => Promise.resolve(void stored.set(name, entry))
  })
})
