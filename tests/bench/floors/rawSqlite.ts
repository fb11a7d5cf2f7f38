/** What SQLite itself takes: rows of the read model's size in transactions of 500, in the read model's journal mode. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"

const ROWS = 50_000
const BATCH = 500

/** Rows a second. */
export const rawSqlite = (): number => {
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-sqlite-"))
  const database = new Database(join(folder, "floor.sqlite"))
  try {
    database.pragma("journal_mode = WAL")
    database.pragma("synchronous = NORMAL")
    database.exec("create table floor (seq integer primary key, room text, prev integer, body text) strict")
    database.exec("create index floor_room on floor (room, seq)")
    const insert = database.prepare("insert into floor values (?, ?, ?, ?)")
    const body = "b".repeat(400)
    const batch = database.transaction((from: number) => {
      for (let seq = from; seq < from + BATCH; seq++) insert.run(seq, `room${seq % 100}`, seq - 1, body)
    })
    const start = performance.now()
    for (let from = 1; from <= ROWS; from += BATCH) batch(from)
    return (ROWS / (performance.now() - start)) * 1_000
  } finally {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
