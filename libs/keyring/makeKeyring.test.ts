import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { beforeEach, describe, expect, it } from "vitest"
import { STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import { UserId } from "#libs/domain/UserId.ts"
import type { KeyEntries } from "./KeyEntries.ts"
import { KeyringError } from "./Keyring.ts"
import { memoryEntries } from "./KeyringMemory.ts"
import { makeKeyring } from "./makeKeyring.ts"
import { created, lookups, misses } from "./metrics.ts"

const ana = UserId.make("ana")
const masterKey = randomBytes(32)

/** Entries that count what is asked of them, are slow to answer, and can be out of reach. */
let asked: Array<string>
let reachable: boolean
let entries: KeyEntries
beforeEach(() => {
  asked = []
  reachable = true
  const inner = memoryEntries()
  const through = <A>(what: string, effect: Effect.Effect<A, KeyringError>) =>
    Effect.suspend(() => {
      asked.push(what)
      return reachable
        ? Effect.andThen(Effect.yieldNow, effect)
        : Effect.fail(new KeyringError({ reason: "Unavailable" }))
    })
  entries = {
    read: (name) => through(`read ${name.split(".")[0]}`, inner.read(name)),
    writeOnce: (name, entry) => through(`write ${name.split(".")[0]}`, inner.writeOnce(name, entry))
  }
})
const keyringOf = () => Effect.runPromise(makeKeyring(entries, masterKey))

const counts = () => Effect.runPromise(Effect.forEach([lookups, misses, created], ({ author }) => Metric.value(author)))

describe("a keyring's look-ups", () => {
  it("of one entry by many at once are one look-up", async () => {
    const keyring = await keyringOf()
    asked = []
    const many = Effect.all(
      Array.from({ length: 50 }, () => keyring.authorOf(ana)),
      { concurrency: "unbounded" }
    )
    expect(new Set(await Effect.runPromise(many)).size).toBe(1)
    expect(asked).toEqual(["read author", "read master", "write master", "write author"])
  })

  it("are answered from memory, in the same turn, once they have been made", async () => {
    const keyring = await keyringOf()
    const author = await Effect.runPromise(keyring.authorOf(ana))
    const { kid } = await Effect.runPromise(keyring.sealingKey(author, STANDARD_ROOM_CLASS))
    asked = []
    reachable = false
    expect(Effect.runSync(keyring.authorOf(ana))).toBe(author)
    expect(Effect.runSync(keyring.sealingKey(author, STANDARD_ROOM_CLASS)).kid).toBe(kid)
    expect(Effect.runSync(keyring.openingKey(kid)).type).toBe("secret")
    expect(asked).toEqual([])
  })

  it("are counted, with those that memory could not answer and what was made", async () => {
    const keyring = await keyringOf()
    const before = await counts()
    await Effect.runPromise(keyring.authorOf(ana))
    await Effect.runPromise(keyring.authorOf(ana))
    const after = await counts()
    expect(after.map(({ count }, index) => count - (before[index]?.count ?? 0))).toEqual([2, 1, 1])
  })

  it("that fail while the entries are out of reach are made again at the next call", async () => {
    reachable = false
    const keyring = await Effect.runPromise(makeKeyring(entries, masterKey).pipe(Effect.provide(Logger.layer([]))))
    const failed = await Effect.runPromiseExit(keyring.authorOf(ana))
    expect(failed).toEqual(Exit.fail(new KeyringError({ reason: "Unavailable" })))
    reachable = true
    expect(await Effect.runPromise(keyring.authorOf(ana))).toHaveLength(22)
  })

  it("go on when the caller that began one is interrupted and another waits for it", async () => {
    const keyring = await keyringOf()
    const both = Effect.gen(function* () {
      const first = yield* Effect.forkChild(keyring.authorOf(ana), { startImmediately: true })
      const second = yield* Effect.forkChild(keyring.authorOf(ana), { startImmediately: true })
      first.interruptUnsafe()
      return yield* Effect.promise(
        () => new Promise<Exit.Exit<string, KeyringError>>((resolve) => void second.addObserver(resolve))
      )
    })
    expect(Exit.isSuccess(await Effect.runPromise(both))).toBe(true)
  })

  it("take an entry that another master key's process wrote in between for what it is", async () => {
    const keyring = await keyringOf()
    const other = await Effect.runPromise(makeKeyring(entries, randomBytes(32)))
    await Effect.runPromise(other.authorOf(ana))
    const failed = await Effect.runPromiseExit(keyring.authorOf(ana))
    expect(failed).toEqual(Exit.fail(new KeyringError({ reason: "Broken" })))
  })
})
