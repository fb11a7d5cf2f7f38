/** What every keyring promises, over whatever place of entries. Each implementation's test calls it with its world. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { beforeEach, describe, expect, it } from "vitest"
import { RoomClass, STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import { UserId } from "#libs/domain/UserId.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import { MASTER_KEY_BYTES } from "#libs/keyring/MasterKey.ts"

type KeyringService = Keyring["Service"]

/** A place of entries, empty at first, as a test sees it. */
export interface KeyringWorld {
  /** A keyring of another process over the same entries. */
  readonly open: (masterKey: Uint8Array) => Promise<KeyringService>
  readonly names: () => Promise<ReadonlyArray<string>>
  readonly read: (name: string) => Promise<Uint8Array>
  /** What only an operator can do. */
  readonly remove: (name: string) => Promise<void>
  readonly put: (name: string, entry: Uint8Array) => Promise<void>
}

const NOVEMBER = Date.UTC(2026, 10, 30, 23, 59, 59, 999)
const DECEMBER = Date.UTC(2026, 11, 1)
const ana = UserId.make("ana@example.org")
const ben = UserId.make("ben")

/** Runs at an instant that a test can move. */
const at = <A, E>(instant: number, effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(TestClock.setTime(instant).pipe(Effect.andThen(effect), Effect.provide(TestClock.layer())))

const reasonOf = <A, E extends { readonly reason: string }>(effect: Effect.Effect<A, E>): Promise<string> =>
  Effect.runPromise(
    effect.pipe(
      Effect.map(() => "no error"),
      Effect.catch((error) => Effect.succeed(error.reason))
    )
  )

const bytesOf = (key: { readonly export: () => Buffer }): string => key.export().toString("hex")

export const keyringContract = (name: string, makeWorld: () => Promise<KeyringWorld>): void => {
  describe(`a keyring ${name}`, () => {
    let world: KeyringWorld
    let masterKey: Uint8Array
    beforeEach(async () => {
      world = await makeWorld()
      masterKey = randomBytes(MASTER_KEY_BYTES)
    })
    const dataKeyNames = async () => (await world.names()).filter((entry) => entry.startsWith("dek."))

    it("knows a user by one pseudonym, in every process and after a restart", async () => {
      const first = await world.open(masterKey)
      const author = await Effect.runPromise(first.authorOf(ana))
      expect(await Effect.runPromise(first.authorOf(ana))).toBe(author)
      expect(await Effect.runPromise((await world.open(masterKey)).authorOf(ana))).toBe(author)
      expect(await Effect.runPromise(first.authorOf(ben))).not.toBe(author)
    })

    it("gives one pseudonym to a user whom two processes meet at the same moment", async () => {
      const [first, second] = await Promise.all([world.open(masterKey), world.open(masterKey)])
      const users = Array.from({ length: 20 }, (_, index) => UserId.make(`new-${index}`))
      const met = (keyring: KeyringService) =>
        Effect.runPromise(Effect.forEach(users, keyring.authorOf, { concurrency: "unbounded" }))
      const [here, there] = await Promise.all([met(first), met(second)])
      expect(here).toEqual(there)
      expect(new Set(here).size).toBe(users.length)
    })

    it("seals with one key an author, room class and month, which every process opens by its id", async () => {
      const [first, second] = [await world.open(masterKey), await world.open(masterKey)]
      const author = await Effect.runPromise(first.authorOf(ana))
      const [mine, theirs] = await Promise.all(
        [first, second].map((keyring) => at(NOVEMBER, keyring.sealingKey(author, STANDARD_ROOM_CLASS)))
      )
      expect(mine?.kid).toBe(theirs?.kid)
      if (mine === undefined) throw new Error("no key")
      const opened = await Effect.runPromise((await world.open(masterKey)).openingKey(mine.kid))
      expect(bytesOf(opened)).toBe(bytesOf(mine.key))
      expect(await dataKeyNames()).toHaveLength(1)
    })

    it("seals with another key for another author, another room class, and from the first instant of a month", async () => {
      const keyring = await world.open(masterKey)
      const [author, other] = await Effect.runPromise(Effect.all([keyring.authorOf(ana), keyring.authorOf(ben)]))
      const november = await at(NOVEMBER, keyring.sealingKey(author, STANDARD_ROOM_CLASS))
      const others = await Promise.all([
        at(NOVEMBER, keyring.sealingKey(other, STANDARD_ROOM_CLASS)),
        at(NOVEMBER, keyring.sealingKey(author, RoomClass.make("brief"))),
        at(DECEMBER, keyring.sealingKey(author, STANDARD_ROOM_CLASS))
      ])
      const all = [november, ...others]
      expect(new Set(all.map(({ kid }) => kid)).size).toBe(4)
      expect(new Set(all.map(({ key }) => bytesOf(key))).size).toBe(4)
      expect(bytesOf(await at(DECEMBER, keyring.openingKey(november.kid)))).toBe(bytesOf(november.key))
    })

    it("is refused by entries of another master key, whether it starts before or after them", async () => {
      const another = randomBytes(MASTER_KEY_BYTES)
      const early = await world.open(another)
      const owner = await world.open(masterKey)
      const author = await Effect.runPromise(owner.authorOf(ana))
      const { kid } = await Effect.runPromise(owner.sealingKey(author, STANDARD_ROOM_CLASS))
      expect(await reasonOf(early.authorOf(ana))).toBe("Broken")
      expect(await reasonOf(early.openingKey(kid))).toBe("Broken")
      await expect(world.open(another)).rejects.toMatchObject({
        reason: "Broken",
        retryable: false,
        message: expect.stringContaining("another master key")
      })
      // Without the proof nothing is certain, so that no key is given up for destroyed.
      await world.remove("master")
      expect(await reasonOf((await world.open(another)).openingKey(kid))).toBe("Broken")
    })

    it("finds what a destroyed key sealed closed for ever, and seals on with a new one", async () => {
      const keyring = await world.open(masterKey)
      const author = await Effect.runPromise(keyring.authorOf(ana))
      const { kid } = await at(NOVEMBER, keyring.sealingKey(author, STANDARD_ROOM_CLASS))
      for (const entry of await dataKeyNames()) await world.remove(entry)
      const later = await world.open(masterKey)
      expect(await reasonOf(later.openingKey(kid))).toBe("Destroyed")
      const next = await at(NOVEMBER, later.sealingKey(author, STANDARD_ROOM_CLASS))
      expect(next.kid).not.toBe(kid)
      const again = await world.open(masterKey)
      expect(await reasonOf(again.openingKey(kid))).toBe("Destroyed")
      expect(bytesOf(await Effect.runPromise(again.openingKey(next.kid)))).toBe(bytesOf(next.key))
    })

    it("asks again for a key it missed, since it may be restored", async () => {
      const owner = await world.open(masterKey)
      const author = await Effect.runPromise(owner.authorOf(ana))
      const { kid, key } = await Effect.runPromise(owner.sealingKey(author, STANDARD_ROOM_CLASS))
      const [entry = ""] = await dataKeyNames()
      const stored = await world.read(entry)
      await world.remove(entry)
      const reader = await world.open(masterKey)
      const found = Effect.gen(function* () {
        expect((yield* Effect.flip(reader.openingKey(kid))).reason).toBe("Destroyed")
        yield* Effect.promise(() => world.put(entry, stored))
        yield* TestClock.adjust("3 seconds")
        return yield* reader.openingKey(kid)
      })
      expect(bytesOf(await at(NOVEMBER, found))).toBe(bytesOf(key))
    })

    it("takes an altered or moved entry for a destroyed one", async () => {
      const owner = await world.open(masterKey)
      const author = await Effect.runPromise(owner.authorOf(ana))
      const november = await at(NOVEMBER, owner.sealingKey(author, STANDARD_ROOM_CLASS))
      const [entry = ""] = await dataKeyNames()
      const december = await at(DECEMBER, owner.sealingKey(author, STANDARD_ROOM_CLASS))
      const other = (await dataKeyNames()).find((each) => each !== entry) ?? ""
      const moved = await world.read(other)
      const altered = Buffer.from(await world.read(entry))
      altered[altered.length - 6] = altered[altered.length - 6] === 0x41 ? 0x42 : 0x41
      await world.remove(entry)
      await world.put(entry, altered)
      expect(await reasonOf((await world.open(masterKey)).openingKey(november.kid))).toBe("Destroyed")
      await world.remove(entry)
      await world.put(entry, moved)
      expect(await reasonOf((await world.open(masterKey)).openingKey(november.kid))).toBe("Destroyed")
      expect(bytesOf(await Effect.runPromise((await world.open(masterKey)).openingKey(december.kid)))).toBe(
        bytesOf(december.key)
      )
    })

    it("keeps user ids, pseudonyms and keys out of every entry and every entry's name", async () => {
      const keyring = await world.open(masterKey)
      const author = await Effect.runPromise(keyring.authorOf(ana))
      const { key } = await Effect.runPromise(keyring.sealingKey(author, STANDARD_ROOM_CLASS))
      const secrets = [Buffer.from(ana), Buffer.from(author), Buffer.from(author, "base64url"), key.export()]
      const forms = secrets.flatMap((secret) => [
        secret.toString("latin1"),
        secret.toString("base64"),
        secret.toString("base64url"),
        secret.toString("hex")
      ])
      const names = await world.names()
      expect(names).toHaveLength(3)
      for (const entry of names) {
        const bytes = Buffer.from(await world.read(entry)).toString("latin1")
        for (const form of forms) expect(`${entry} ${bytes}`).not.toContain(form)
      }
    })

    it("stands each user in the rate bucket by a digest that only this master key gives", async () => {
      const [first, second] = [await world.open(masterKey), await world.open(masterKey)]
      const another = await (await makeWorld()).open(randomBytes(MASTER_KEY_BYTES))
      expect(first.rateKeyOf(ana)).toBe(second.rateKeyOf(ana))
      expect(first.rateKeyOf(ana)).not.toBe(first.rateKeyOf(ben))
      expect(first.rateKeyOf(ana)).not.toBe(another.rateKeyOf(ana))
      expect(await world.names()).toEqual([])
    })
  })
}
