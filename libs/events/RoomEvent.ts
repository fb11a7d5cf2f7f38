/**
 * One entry of a room's order as a reader is given it, opened: live, history, resume and replay all yield this form,
 * so that none of them can differ (invariant I4). `seq` orders; `prev` is the sequence of the entry before it (0: none).
 */
import * as Schema from "effect/Schema"
import { Annotation } from "#libs/domain/Annotation.ts"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { ParkReason } from "./SubmissionParked.ts"

const position = {
  room: RoomId,
  seq: Schema.Natural,
  prev: Schema.Natural,
  /** When the broker stored the submission (milliseconds since 1970, UTC). */
  created_at: Schema.Natural
}

export const RoomMessage = Schema.Struct({
  kind: Schema.Literal("message"),
  ...position,
  id: EventId,
  author: Author,
  user_id: Schema.String,
  text: Schema.String,
  client_id: Schema.String,
  annotation: Schema.optionalKey(Annotation)
})
export type RoomMessage = typeof RoomMessage.Type

/** A place in the order without readable content: a parked submission, a destroyed key, a broken seal. */
export const RoomPlaceholder = Schema.Struct({
  kind: Schema.Literal("placeholder"),
  ...position,
  reason: Schema.Union([ParkReason, Schema.Literal("unreadable")])
})
export type RoomPlaceholder = typeof RoomPlaceholder.Type

export const RoomEvent = Schema.Union([RoomMessage, RoomPlaceholder])
export type RoomEvent = typeof RoomEvent.Type
