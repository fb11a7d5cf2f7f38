/** The read model on real files, without a broker: what one transaction promises, and what a file refuses. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { openDatabase, ownFile } from "#services/projector/Database.ts"
import { makeReadModel } from "#services/projector/ReadModel.ts"
import { annotatedMessage, storedAs } from "#tests/support/EventFactory.ts"
import { dumpOf, temporaryFolder } from "#tests/support/ReadModelHarness.ts"

const keyring = await Effect.runPromise(Keyring.pipe(Effect.provide(layerMemory)))

const logOf = (length: number): Promise<ReadonlyArray<StoredMessage>> =>
  Effect.runPromise(
    Effect.forEach(
      Array.from({ length }, (_, index) => index + 1),
      (seq) =>
        Effect.map(
          annotatedMessage(keyring, {
            room: `room-${seq % 3}`,
            user: "ana",
            text: `the quick fox ${seq}`,
            srcSeq: seq
          }),
          (outgoing) => storedAs(outgoing, seq)
        )
    )
  )
const log = await logOf(40)

/** Opens a file as its owner for the time of `use`. */
const withModel = <A>(
  file: string,
  use: (model: Effect.Success<ReturnType<typeof makeReadModel>>) => A,
  epoch = "epoch-1"
): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* ownFile(file)
      return use(yield* makeReadModel(yield* openDatabase(file), epoch))
    }).pipe(Effect.scoped)
  )

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

describe("the read model's file", () => {
  it("is the same whatever was delivered twice, and however it was cut into batches", async () => {
    await withModel(folder.file, (model) => Result.getOrThrow(model.apply(log)))
    const wanted = dumpOf(folder.file)
    expect(wanted).toHaveLength(40 + 3 + 1)
    // Each delivery starts at or before where the last one ended, as a restarted reader's does.
    const deliveries = fc.array(fc.tuple(fc.nat(10), fc.integer({ min: 1, max: 15 })), { minLength: 20, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(deliveries, async (given) => {
        const again = temporaryFolder()
        await withModel(again.file, (model) => {
          for (const [back, length] of [...given, [40, 40] as const]) {
            const start = Math.max(0, model.applied() - back)
            Result.getOrThrow(model.apply(log.slice(start, start + length)))
          }
        })
        const found = dumpOf(again.file)
        again.remove()
        expect(found).toEqual(wanted)
      }),
      { numRuns: 25 }
    )
  })

  it("takes nothing of a batch with a hole before it or in it", async () => {
    await withModel(folder.file, (model) => {
      Result.getOrThrow(model.apply(log.slice(0, 5)))
      const before = model.applied()
      for (const broken of [log.slice(6), [...log.slice(5, 8), ...log.slice(9)]]) {
        expect(model.apply(broken)).toMatchObject({ failure: { reason: "Gap", retryable: true } })
        expect(model.applied()).toBe(before)
      }
    })
    expect(dumpOf(folder.file).filter((line) => line.startsWith("event"))).toHaveLength(5)
  })

  it("keeps rows and position as they were when a transaction fails", async () => {
    await withModel(folder.file, (model) => {
      Result.getOrThrow(model.apply(log.slice(0, 5)))
      const stranger = new Sqlite(folder.file)
      stranger.exec("BEGIN IMMEDIATE")
      expect(model.apply(log.slice(5))).toMatchObject({ failure: { reason: "Storage", retryable: true } })
      stranger.exec("ROLLBACK")
      stranger.close()
      expect(model.applied()).toBe(5)
      Result.getOrThrow(model.apply(log.slice(5)))
      expect(model.applied()).toBe(40)
    })
  })

  it("refuses to write when the position was moved by somebody else", async () => {
    await withModel(folder.file, (model) => {
      Result.getOrThrow(model.apply(log.slice(0, 5)))
      const stranger = new Sqlite(folder.file)
      stranger.exec("UPDATE position SET applied = 7")
      stranger.close()
      expect(model.apply(log.slice(5))).toMatchObject({ failure: { reason: "Storage" } })
    })
    expect(dumpOf(folder.file).filter((line) => line.startsWith("event"))).toHaveLength(5)
  })

  it("holds neither a message's text nor a user's name, the write-ahead log included", async () => {
    await withModel(folder.file, (model) => {
      Result.getOrThrow(model.apply(log))
      const names = readdirSync(folder.dir)
      expect(names).toContain("history.sqlite-wal")
      for (const name of names) {
        const bytes = readFileSync(join(folder.dir, name))
        for (const secret of ["quick fox", "user_id", "anastasia"]) {
          expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false)
        }
      }
    })
  })

  it("is refused for another log", async () => {
    await withModel(folder.file, (model) => Result.getOrThrow(model.apply(log)))
    await expect(withModel(folder.file, () => "opened", "epoch-2")).rejects.toMatchObject({ reason: "ForeignLog" })
  })

  it("is filled anew when another build's fold made it", async () => {
    await withModel(folder.file, (model) => Result.getOrThrow(model.apply(log)))
    const db = new Sqlite(folder.file)
    db.exec("UPDATE position SET fold = 'another'")
    db.close()
    expect(await withModel(folder.file, (model) => [model.applied(), model.headOf(RoomId.make("room-1"))])).toEqual([
      0, 0
    ])
  })

  it("has one owner at a time, and is free again afterwards", async () => {
    const first = Scope.makeUnsafe()
    await Effect.runPromise(Scope.provide(ownFile(folder.file), first))
    await expect(withModel(folder.file, () => "opened")).rejects.toMatchObject({ reason: "Busy", retryable: false })
    await Effect.runPromise(Scope.close(first, Exit.void))
    expect(await withModel(folder.file, () => "opened")).toBe("opened")
  })

  it("reads a room's page as one range of its index", async () => {
    await withModel(folder.file, (model) => Result.getOrThrow(model.apply(log)))
    const db = new Sqlite(folder.file, { readonly: true })
    const plans = ["seq > 3 ORDER BY seq", "seq < 3 ORDER BY seq DESC"].map((rest) =>
      JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN SELECT * FROM event WHERE room = 'a' AND ${rest}`).all())
    )
    db.close()
    for (const plan of plans) {
      expect(plan).toContain("USING INDEX event_by_room (room=? AND seq")
      expect(plan).not.toContain("TEMP B-TREE")
    }
  })
})
