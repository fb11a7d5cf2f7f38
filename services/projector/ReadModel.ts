/**
 * The read model's statements: rows and position change in one transaction, from the position they were read at and no
 * other (invariant I7); a room's page is one index range. Plain synchronous code, as SQLite is; callers keep batches short.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { EventId } from "#libs/domain/EventId.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import type { Database } from "./Database.ts"
import { storageError } from "./Database.ts"
import { COLUMNS, EventRow } from "./EventRow.ts"
import { foldBatch, newMessages } from "./foldBatch.ts"
import { FOLD } from "./projectEvent.ts"
import { ProjectorError } from "./ProjectorError.ts"

interface Applied {
  readonly events: number
  readonly undecodable: number
  readonly misplaced: number
}

export interface RowRange {
  readonly room: RoomId
  readonly direction: "forwards" | "backwards"
  /** Exclusive; undefined: from the room's end (backwards) or start (forwards). */
  readonly from: number | undefined
}

const LastEvent = Schema.Struct({ seq: Schema.Natural, event_id: EventId })
type LastEvent = typeof LastEvent.Type

export interface ReadModel {
  /** Everything of `ANN` up to this sequence is in the rows. */
  readonly applied: () => number
  readonly epoch: string
  /** Applies messages that follow the position; repeated ones change nothing. All or nothing. */
  readonly apply: (messages: ReadonlyArray<StoredMessage>) => Result.Result<Applied, ProjectorError>
  /** The last event in the rows whose id is known. */
  readonly lastEvent: () => Option.Option<LastEvent>
  /** The sequence of a room's last event (0: none). */
  readonly headOf: (room: RoomId) => number
  /** A room's rows in the order of reading, read as far as they are taken. */
  readonly rows: (range: RowRange) => IterableIterator<EventRow>
  /** The first message of that id in the room. */
  readonly find: (room: RoomId, id: EventId) => Option.Option<EventRow>
}

const decodePosition = Schema.decodeUnknownSync(Schema.Struct({ epoch: Schema.String, applied: Schema.Natural }))
const decodeHead = Schema.decodeUnknownOption(Schema.Struct({ head: Schema.Natural }))
const decodeLastEvent = Schema.decodeUnknownOption(LastEvent)
const decodeRow = Schema.decodeUnknownSync(EventRow)

const FIRST = 0
const LAST = Number.MAX_SAFE_INTEGER

const statementsOf = (db: Database) => ({
  insertEvent: db.prepare(
    `INSERT INTO event (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map((column) => `@${column}`).join(", ")})`
  ),
  setHead: db.prepare(
    "INSERT INTO room (room, head) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET head = excluded.head"
  ),
  head: db.prepare("SELECT head FROM room WHERE room = ?"),
  lastEvent: db.prepare("SELECT seq, event_id FROM event WHERE event_id IS NOT NULL ORDER BY seq DESC LIMIT 1"),
  move: db.prepare("UPDATE position SET applied = @to WHERE id = 1 AND epoch = @epoch AND applied = @from"),
  forwards: db.prepare("SELECT * FROM event WHERE room = ? AND seq > ? ORDER BY seq"),
  backwards: db.prepare("SELECT * FROM event WHERE room = ? AND seq < ? ORDER BY seq DESC"),
  find: db.prepare("SELECT * FROM event WHERE submitted_id = ? AND room = ? ORDER BY seq LIMIT 1")
})

/** The position of the file, which a new one gets here. */
const positionOf = (db: Database, epoch: string) => {
  db.prepare("INSERT INTO position (id, epoch, fold, applied) VALUES (1, ?, ?, 0) ON CONFLICT (id) DO NOTHING").run(
    epoch,
    FOLD
  )
  return decodePosition(db.prepare("SELECT epoch, applied FROM position").get())
}

function* decoded(rows: IterableIterator<unknown>): IterableIterator<EventRow> {
  for (const row of rows) yield decodeRow(row)
}

const build = (db: Database, epoch: string, applied: number): ReadModel => {
  const statements = statementsOf(db)
  let position = applied

  const headOf = (room: RoomId): number =>
    Option.match(decodeHead(statements.head.get(room)), { onNone: () => 0, onSome: ({ head }) => head })

  const write = db.transaction((messages: ReadonlyArray<StoredMessage>): Applied => {
    const { rows, heads, undecodable, misplaced } = foldBatch(messages, headOf)
    for (const row of rows) statements.insertEvent.run(row)
    for (const [room, head] of heads) statements.setHead.run(room, head)
    const { changes } = statements.move.run({ epoch, from: position, to: position + messages.length })
    if (changes !== 1) throw new ProjectorError({ reason: "Storage", detail: "the position moved under this writer" })
    return { events: messages.length, undecodable, misplaced }
  })

  return {
    applied: () => position,
    epoch,
    apply: (messages) => {
      const fresh = newMessages(position, messages)
      if (Result.isFailure(fresh)) {
        const { expected, found } = fresh.failure
        return Result.fail(new ProjectorError({ reason: "Gap", detail: `expected sequence ${expected}, got ${found}` }))
      }
      if (fresh.success.length === 0) return Result.succeed({ events: 0, undecodable: 0, misplaced: 0 })
      return Result.map(Result.try({ try: () => write.immediate(fresh.success), catch: storageError }), (done) => {
        position += done.events
        return done
      })
    },
    lastEvent: () => decodeLastEvent(statements.lastEvent.get()),
    headOf,
    rows: ({ room, direction, from }) =>
      decoded(
        direction === "forwards"
          ? statements.forwards.iterate(room, from ?? FIRST)
          : statements.backwards.iterate(room, from ?? LAST)
      ),
    find: (room, id) => Option.map(Option.fromNullishOr(statements.find.get(id, room)), decodeRow)
  }
}

/**
 * The read model in an opened file, for the log of identity `epoch`. Fails with `ForeignLog` when the file was filled
 * from another one: its sequences mean other events.
 */
export const makeReadModel = (db: Database, epoch: string): Effect.Effect<ReadModel, ProjectorError> =>
  Effect.try({ try: () => positionOf(db, epoch), catch: storageError }).pipe(
    Effect.flatMap((position) =>
      position.epoch === epoch
        ? Effect.try({ try: () => build(db, epoch, position.applied), catch: storageError })
        : Effect.fail(
            new ProjectorError({
              reason: "ForeignLog",
              detail: `${db.name} was filled from log ${position.epoch}, the broker's is ${epoch}; rebuild it ("attune rebuild")`
            })
          )
    )
  )
