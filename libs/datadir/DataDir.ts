/**
 * One data folder has one owner. The lock is SQLite's exclusive file lock, so the kernel releases it when the process
 * dies, however it dies; the owner file beside it only tells the second comer who holds it.
 *
 * The lock is a POSIX one: a process that opens and closes `lock.sqlite` by itself would give its own lock away.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import Database from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Who holds a data folder. */
export const Owner = Schema.Struct({
  pid: Schema.Int,
  /** RFC 3339, UTC. */
  since: Schema.String,
  /** What it runs, for a person to recognise: "attune up". */
  what: Schema.String
})
export type Owner = typeof Owner.Type
const decodeOwner = Schema.decodeUnknownOption(Schema.fromJsonString(Owner))

/** Another process owns the folder. Its owner is unknown only in the instant between its lock and its owner file. */
export class DataDirBusy extends Data.TaggedError("DataDirBusy")<{
  readonly path: string
  readonly holder: Option.Option<Owner>
  readonly retryable: false
}> {
  override get message(): string {
    const holder = Option.match(this.holder, {
      onNone: () => "another process",
      onSome: ({ pid, since, what }) => `${what} (process ${pid}, since ${since})`
    })
    return `the data folder ${this.path} is in use by ${holder}; stop it, or choose another folder with ATTUNE_DATA_DIR`
  }
}

/** The folder cannot be made or locked at all. */
export class DataDirUnusable extends Data.TaggedError("DataDirUnusable")<{
  readonly path: string
  readonly reason: string
  readonly retryable: false
}> {
  override get message(): string {
    return `the data folder ${this.path} cannot be used: ${this.reason}`
  }
}

const readOwner = (file: string): Option.Option<Owner> => {
  try {
    return decodeOwner(readFileSync(file, "utf8"))
  } catch {
    // Not written yet: the holder took the lock an instant ago.
    return Option.none()
  }
}

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith("SQLITE_BUSY")

const takeLock = (file: string) => {
  const db = new Database(file, { timeout: 0 })
  try {
    db.pragma("locking_mode = EXCLUSIVE")
    // The transaction stays open as long as the folder is owned.
    db.exec("BEGIN EXCLUSIVE")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/** One folder after the other: Node's own recursive mkdir turns for ever where a file system refuses with ENOENT (/proc). */
const makeFolders = (dir: string): void => {
  if (existsSync(dir)) return
  makeFolders(dirname(dir))
  mkdirSync(dir, { mode: 0o700 })
}

const own = Effect.fnUntraced(function* (dir: string, what: string) {
  const unusable = (cause: unknown) => new DataDirUnusable({ path: dir, reason: String(cause), retryable: false })
  const path = yield* Effect.try({
    try: () => {
      const isOurs = !existsSync(dir) || existsSync(join(dir, "lock.sqlite"))
      makeFolders(resolve(dir))
      // A folder that was there before, and may be for other things too, keeps its mode; our files have their own.
      if (isOurs) chmodSync(dir, 0o700)
      return realpathSync(dir)
    },
    catch: unusable
  })
  const ownerFile = join(path, "owner.json")
  yield* Effect.acquireRelease(
    Effect.try({
      try: () => takeLock(join(path, "lock.sqlite")),
      catch: (cause) =>
        isBusy(cause) ? new DataDirBusy({ path, holder: readOwner(ownerFile), retryable: false }) : unusable(cause)
    }),
    (db) => Effect.sync(() => db.close())
  )
  const since = new Date(yield* Clock.currentTimeMillis).toISOString()
  yield* Effect.try({
    try: () => writeFileSync(ownerFile, `${JSON.stringify({ pid: process.pid, since, what })}\n`, { mode: 0o600 }),
    catch: unusable
  })
  return DataDir.of({ path })
})

/** The data folder, owned by this process for as long as the layer lives. */
export class DataDir extends Context.Service<DataDir, { readonly path: string }>()("attune/libs/DataDir") {
  /** Makes the folder (mode 0700) and takes it; `what` is how a second comer is told who holds it. */
  static readonly layer = (dir: string, what: string) => Layer.effect(this, own(dir, what))
}
