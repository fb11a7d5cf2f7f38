/**
 * Fills a read model anew from the log and puts it in the old one's place: the way out of a damaged file, a file of
 * another log, or a doubt. It reads the log and writes the new file, and has no other effect (invariant I8).
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import Sqlite from "better-sqlite3"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { filesOf, openDatabase, ownFile, removeFiles, storageError } from "./Database.ts"
import { follow } from "./follow.ts"
import { makeLogWatch, readLog } from "./LogWatch.ts"
import type { ProjectorError } from "./ProjectorError.ts"
import { makeReadModel } from "./ReadModel.ts"

export interface RebuildOptions {
  /** The read model's file. No projector may be working on it. */
  readonly file: string
  /** Told after each transaction. */
  readonly onProgress?: (progress: RebuildProgress) => void
}

export interface RebuildProgress {
  /** Events read so far. */
  readonly applied: number
  /** Events the log had when the rebuild began; a projector applies later ones when it starts. */
  readonly head: number
}

/** Nobody shares this process's event loop, so transactions may be long. */
const BATCH_EVENTS = 500

const fill = Effect.fnUntraced(function* (file: string, onProgress: (progress: RebuildProgress) => void) {
  const connection = yield* NatsConnection
  const { epoch, head } = yield* readLog(connection)
  const db = yield* openDatabase(file)
  const model = yield* makeReadModel(db, epoch)
  const { confirm } = yield* makeLogWatch(connection, model)
  const complete = yield* Deferred.make<void>()
  const onApplied = (applied: number) => {
    onProgress({ applied, head })
    if (applied >= head) Deferred.doneUnsafe(complete, Effect.void)
  }
  onApplied(0)
  yield* Effect.raceFirst(
    follow({ connection, model, confirm, batchEvents: BATCH_EVENTS, onApplied }),
    Deferred.await(complete)
  )
  return { applied: model.applied(), head } satisfies RebuildProgress
}, Effect.scoped)

/** Leaves the old database without a write-ahead log, which would be taken for the new one's. */
const settle = (file: string): void => {
  try {
    const old = new Sqlite(file, { fileMustExist: true })
    try {
      old.pragma("wal_checkpoint(TRUNCATE)")
    } finally {
      old.close()
    }
    for (const path of filesOf(file)) if (path !== file) rmSync(path, { force: true })
  } catch {
    // Damaged or not there: nothing in it is worth keeping.
    removeFiles(file)
  }
}

const replace = (fresh: string, file: string): void => {
  settle(file)
  renameSync(fresh, file)
  const folder = openSync(dirname(file), "r")
  fsyncSync(folder)
  closeSync(folder)
}

/**
 * Rebuilds the file. Until the very end the old one stands; a rebuild that is broken off changes nothing. Fails with
 * `Busy` while a projector works on the file.
 */
export const rebuild = ({
  file,
  onProgress = () => {}
}: RebuildOptions): Effect.Effect<RebuildProgress, NatsError | ProjectorError, NatsConnection> =>
  Effect.gen(function* () {
    const fresh = `${file}.rebuilding`
    yield* ownFile(file)
    yield* Effect.try({ try: () => removeFiles(fresh), catch: storageError })
    const done = yield* fill(fresh, onProgress)
    yield* Effect.try({ try: () => replace(fresh, file), catch: storageError })
    return done
  }).pipe(Effect.scoped)
