/** A submitted message as everybody in its room sees it: in its place in the order, with its scores. Written to `ANN`. */
import * as Schema from "effect/Schema"
import { Annotation } from "#libs/domain/Annotation.ts"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { payloadVersions, version } from "./PayloadVersions.ts"
import { SealedValue } from "./SealedValue.ts"

export const MESSAGE_ANNOTATED = "MessageAnnotated"

const MessageAnnotatedV1 = Schema.Struct({
  /** The id of the `MessageSubmitted` this is about: the message's id to everyone who reads. */
  submitted_id: EventId,
  author: Author,
  /** A `SealedMessage`. */
  sealed: SealedValue,
  /** When the broker stored the submission (milliseconds since 1970, UTC). */
  created_at: Schema.Natural,
  /** Absent when the engine gave no answer in its time: `analysis: "unavailable"` to readers (invariant I11). */
  annotation: Schema.optionalKey(Annotation),
  /** Which engine was asked, so that every score can be traced to what made it. */
  analyzer: Schema.Struct({ id: Schema.String, version: Schema.String })
})

/** The version written today; older ones are brought up to it when decoded. */
export const MessageAnnotated = MessageAnnotatedV1
export type MessageAnnotated = typeof MessageAnnotated.Type

export const messageAnnotatedVersions = payloadVersions<MessageAnnotated>(
  version(MessageAnnotatedV1, (payload) => payload)
)
