/** Somebody's message is stored and will enter its room's history. Written by an edge to `SUB`; the room is in the subject. */
import * as Schema from "effect/Schema"
import { Author } from "#libs/domain/Author.ts"
import { payloadVersions, version } from "./PayloadVersions.ts"
import { SealedValue } from "./SealedValue.ts"

export const MESSAGE_SUBMITTED = "MessageSubmitted"

const MessageSubmittedV1 = Schema.Struct({
  author: Author,
  /** A `SealedMessage`. */
  sealed: SealedValue
})

/** The version written today; older ones are brought up to it when decoded. */
export const MessageSubmitted = MessageSubmittedV1
export type MessageSubmitted = typeof MessageSubmitted.Type

export const messageSubmittedVersions = payloadVersions<MessageSubmitted>(
  version(MessageSubmittedV1, (payload) => payload)
)
