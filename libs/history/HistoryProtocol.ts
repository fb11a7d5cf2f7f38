/** Questions to the read model and its answers, as they cross the broker (request/reply on `history.*`). */
import * as Schema from "effect/Schema"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { RoomEvent } from "#libs/events/RoomEvent.ts"

/** Most entries of one page; a page is also cut at `MAX_PAGE_BYTES`. */
export const MAX_PAGE_EVENTS = 200
export const MAX_PAGE_BYTES = 48 * 1024

/**
 * A page of a room's order. `before` reads backwards from just under a sequence, `after` forwards from just over one,
 * neither: the newest entries. At most one of the two may be given. Entries are always answered oldest first.
 */
export const PageQuestion = Schema.Struct({
  room: RoomId,
  before: Schema.optionalKey(Schema.Natural),
  after: Schema.optionalKey(Schema.Natural),
  limit: Schema.Natural.check(Schema.isBetween({ minimum: 1, maximum: MAX_PAGE_EVENTS })),
  /** Read-your-own-write: do not answer before the read model has applied `ANN` up to this sequence. */
  at_least: Schema.optionalKey(Schema.Natural)
})
export type PageQuestion = typeof PageQuestion.Type

/** The entry a submission led to, by the message's id. */
export const FindQuestion = Schema.Struct({
  room: RoomId,
  id: EventId,
  /** Do not answer before the read model has applied `ANN` up to this sequence. */
  at_least: Schema.optionalKey(Schema.Natural)
})
export type FindQuestion = typeof FindQuestion.Type

const freshness = {
  /** Identity of the log this was read from. */
  epoch: Schema.String,
  /** The read model has applied `ANN` up to here. */
  applied: Schema.Natural
}

export const Page = Schema.Struct({
  ...freshness,
  events: Schema.Array(RoomEvent),
  /** The room has further entries in the direction of reading. */
  more: Schema.Boolean
})
export type Page = typeof Page.Type

export const Found = Schema.Struct({ ...freshness, event: Schema.optionalKey(RoomEvent) })
export type Found = typeof Found.Type

export const HistoryRefusal = Schema.Struct({
  error: Schema.Literals([
    /** The question does not fit its schema. */
    "invalid",
    /** The read model did not reach `at_least` in its time; ask again, or read the stream. */
    "lagging",
    /** A key is out of reach, or the read model is being built. */
    "unavailable"
  ]),
  retryable: Schema.Boolean
})
export type HistoryRefusal = typeof HistoryRefusal.Type

export const PageAnswer = Schema.Union([Page, HistoryRefusal])
export const FindAnswer = Schema.Union([Found, HistoryRefusal])
