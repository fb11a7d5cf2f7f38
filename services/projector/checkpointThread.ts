/** Moves the read model's write-ahead log into its database, again and again, where nobody waits for the disk. */
import { workerData } from "node:worker_threads"
import Sqlite from "better-sqlite3"
import * as Schema from "effect/Schema"

const EVERY_MS = 2_000

const file = Schema.decodeUnknownSync(Schema.String)(workerData)
const db = new Sqlite(file, { fileMustExist: true, timeout: 0 })
// Passive: what a writer is at work on waits for the next time, and the writer never waits.
setInterval(() => db.pragma("wal_checkpoint(PASSIVE)"), EVERY_MS)
