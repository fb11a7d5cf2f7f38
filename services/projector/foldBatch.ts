/** From messages of the log to the changes of one transaction. Pure: the rooms' heads are given, the new ones are returned. */
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { parseAnnotated } from "#nats/Subjects.ts"
import type { EventRow } from "./EventRow.ts"
import { projectEvent, projectUndecodable } from "./projectEvent.ts"

export interface BatchChanges {
  readonly rows: ReadonlyArray<EventRow>
  readonly heads: ReadonlyMap<RoomId, number>
  /** Events kept as a placeholder because this build cannot decode them. */
  readonly undecodable: number
  /** Events whose subject names no room: they move the position and nothing else. */
  readonly misplaced: number
}

/** What is new in `messages` to somebody who has applied everything up to `applied`, or the first hole in them. */
export const newMessages = (
  applied: number,
  messages: ReadonlyArray<StoredMessage>
): Result.Result<ReadonlyArray<StoredMessage>, { readonly expected: number; readonly found: number }> => {
  const fresh: Array<StoredMessage> = []
  for (const message of messages) {
    const expected = applied + fresh.length + 1
    // Delivered again: applied already, or earlier in this very batch.
    if (message.seq < expected) continue
    if (message.seq > expected) return Result.fail({ expected, found: message.seq })
    fresh.push(message)
  }
  return Result.succeed(fresh)
}

/** Cuts a batch so that no transaction holds the event loop for long. */
export const slicesOf = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

/** Folds messages that follow each other; `headOf` gives the head of a room before the first of them (0: none). */
export const foldBatch = (messages: ReadonlyArray<StoredMessage>, headOf: (room: RoomId) => number): BatchChanges => {
  const rows: Array<EventRow> = []
  const heads = new Map<RoomId, number>()
  let undecodable = 0
  let misplaced = 0
  for (const message of messages) {
    const place = parseAnnotated(message.subject)
    if (place === undefined) {
      misplaced++
      continue
    }
    const { room } = place
    const prev = heads.get(room) ?? headOf(room)
    const decoded = decodeAnnotated(message)
    if (Result.isSuccess(decoded)) {
      rows.push(projectEvent(decoded.success, prev))
    } else {
      undecodable++
      rows.push(projectUndecodable(room, message, prev))
    }
    heads.set(room, message.seq)
  }
  return { rows, heads, undecodable, misplaced }
}
