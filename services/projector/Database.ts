/**
 * The read model's SQLite file: opened by one owner at a time, brought to this build's schema, closed with its scope.
 * The file is disposable (invariant I7): one that another fold wrote is thrown away and filled again from the log.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { FOLD } from "./projectEvent.ts"
import { ProjectorError } from "./ProjectorError.ts"

export type Database = Sqlite.Database

const MIGRATIONS = new URL("./migrations/", import.meta.url)

/** Ends a write-ahead log that a burst has made large, at its next checkpoint. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024

/** 64 MiB of write-ahead log. */
const LAST_RESORT_PAGES = 16_384

/** The files SQLite keeps for a database. */
export const filesOf = (file: string): ReadonlyArray<string> => [file, `${file}-wal`, `${file}-shm`]

export const removeFiles = (file: string): void => {
  // The database goes first: SQLite throws away a write-ahead log whose database is empty, never the other way round.
  for (const path of filesOf(file)) rmSync(path, { force: true })
}

/** What SQLite threw, without the statement: its code says enough. */
export const storageError = (cause: unknown): ProjectorError =>
  cause instanceof ProjectorError
    ? cause
    : new ProjectorError({
        reason: "Storage",
        detail: cause instanceof Sqlite.SqliteError ? `${cause.code}: ${cause.message}` : String(cause)
      })

const isBusy = (cause: unknown): boolean => cause instanceof Sqlite.SqliteError && cause.code.startsWith("SQLITE_BUSY")

/**
 * Takes the file for this process until the scope closes. The lock stands beside the file, not on it, so that it outlives
 * the file's replacement by a rebuild; it is SQLite's own, so the kernel gives it back however the process ends.
 */
export const ownFile = (file: string): Effect.Effect<void, ProjectorError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
        const lock = new Sqlite(`${file}.lock`, { timeout: 0 })
        try {
          lock.pragma("locking_mode = EXCLUSIVE")
          lock.exec("BEGIN EXCLUSIVE")
        } catch (cause) {
          lock.close()
          throw cause
        }
        return lock
      },
      catch: (cause) =>
        isBusy(cause)
          ? new ProjectorError({ reason: "Busy", detail: `${file} is in use by another projector; stop it first` })
          : storageError(cause)
    }),
    (lock) => Effect.sync(() => lock.close())
  ).pipe(Effect.asVoid)

const migrations = (): ReadonlyArray<string> =>
  readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => readFileSync(new URL(name, MIGRATIONS), "utf8"))

const setUp = (db: Database): void => {
  // Readers of the file (an operator's shell, a backup) do not stop the writer, nor it them.
  db.pragma("journal_mode = WAL")
  // Safe against corruption in WAL mode; a power cut may take back the last commits whole, and since the position goes
  // back with the rows, the log gives them again. FULL would sync once a batch for a file that can be thrown away.
  db.pragma("synchronous = NORMAL")
  db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`)
  // Checkpoints are made by a thread beside (checkpoints.ts); the writer makes one itself only if that has fallen behind.
  db.pragma(`wal_autocheckpoint = ${LAST_RESORT_PAGES}`)
  // Sorting never spills into a file elsewhere.
  db.pragma("temp_store = MEMORY")
}

const migrate = (db: Database): void => {
  for (const [index, sql] of migrations().entries()) {
    if (versionOf(db) > index) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    })()
  }
}

const versionOf = (db: Database): number => Number(db.pragma("user_version", { simple: true }))

const decodeFold = Schema.decodeUnknownOption(Schema.Struct({ fold: Schema.String }))

/** True if the file was not written by this build's schema and fold, so that its rows mean something else. */
const isStale = (db: Database): boolean => {
  const version = versionOf(db)
  if (version === 0) return false
  if (version > migrations().length) return true
  const row = decodeFold(db.prepare("SELECT fold FROM position").get())
  return Option.isSome(row) && row.value.fold !== FOLD
}

// Whoever else holds the file, an operator's shell perhaps: the event loop does not wait for them, the next try may.
const open = (file: string): Database => new Sqlite(file, { timeout: 0 })

const openOrReplace = (file: string): Database => {
  const found = open(file)
  if (!isStale(found)) return found
  found.close()
  removeFiles(file)
  return open(file)
}

/** Opens the file, made anew if it is missing or of another fold. Take it with `ownFile` first. */
export const openDatabase = (file: string): Effect.Effect<Database, ProjectorError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const db = openOrReplace(file)
        try {
          setUp(db)
          migrate(db)
        } catch (cause) {
          db.close()
          throw cause
        }
        return db
      },
      catch: storageError
    }),
    (db) => Effect.sync(() => db.close())
  )
