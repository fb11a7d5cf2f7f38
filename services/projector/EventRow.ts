/** A row of the read model's `event` table. Words and names are in it only as the sealed value they arrived as. */
import * as Schema from "effect/Schema"
import { Annotation } from "#libs/domain/Annotation.ts"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { RoomPlaceholder } from "#libs/events/RoomEvent.ts"
import { SealedValue } from "#libs/events/SealedValue.ts"

const position = {
  seq: Schema.Natural,
  room: RoomId,
  prev: Schema.Natural,
  event_id: Schema.NullOr(EventId),
  src_seq: Schema.NullOr(Schema.Natural),
  created_at: Schema.Natural
}

export const MessageRow = Schema.Struct({
  kind: Schema.Literal("message"),
  ...position,
  reason: Schema.Null,
  submitted_id: EventId,
  author: Author,
  sealed_alg: SealedValue.fields.alg,
  sealed_kid: SealedValue.fields.kid,
  sealed_nonce: SealedValue.fields.nonce,
  sealed_ct: SealedValue.fields.ct,
  analyzer_id: Schema.String,
  analyzer_version: Schema.String,
  sentiment: Schema.NullOr(Annotation.fields.sentiment),
  sentiment_score: Schema.NullOr(Annotation.fields.sentiment_score),
  crisis_probability: Schema.NullOr(Annotation.fields.crisis_probability)
})
export type MessageRow = typeof MessageRow.Type

/** A parked submission, or an event that this build cannot decode. */
export const PlaceholderRow = Schema.Struct({
  kind: Schema.Literal("placeholder"),
  ...position,
  reason: RoomPlaceholder.fields.reason,
  submitted_id: Schema.Null,
  author: Schema.Null,
  sealed_alg: Schema.Null,
  sealed_kid: Schema.Null,
  sealed_nonce: Schema.Null,
  sealed_ct: Schema.Null,
  analyzer_id: Schema.Null,
  analyzer_version: Schema.Null,
  sentiment: Schema.Null,
  sentiment_score: Schema.Null,
  crisis_probability: Schema.Null
})
export type PlaceholderRow = typeof PlaceholderRow.Type

export const EventRow = Schema.Union([MessageRow, PlaceholderRow])
export type EventRow = typeof EventRow.Type

/** The table's columns in its own order. */
export const COLUMNS = Object.keys(MessageRow.fields)
