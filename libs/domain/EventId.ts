/**
 * Event ids are derived, never drawn: the same cause gives the same id, so a retry is recognised as one (invariant I2, I3).
 * Parts are length-prefixed before hashing, because a bare concatenation lets two different pairs meet.
 */
import { createHash } from "node:crypto"
import * as Schema from "effect/Schema"
import type { Author } from "./Author.ts"
import type { ClientMessageId } from "./ClientMessageId.ts"
import { lengthPrefixed } from "./lengthPrefixed.ts"

export const EventId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/)).pipe(Schema.brand("EventId"))
export type EventId = typeof EventId.Type

const digest = (...parts: ReadonlyArray<string>): EventId =>
  EventId.make(createHash("sha256").update(lengthPrefixed(parts)).digest("base64url"))

/** The id of the submission of one author's message. */
export const submissionEventId = (author: Author, clientMessageId: ClientMessageId): EventId =>
  digest(author, clientMessageId)

/** The id of the event of type `type` that the stored submission at `srcSeq` led to. */
export const derivedEventId = (type: string, epoch: string, srcSeq: number): EventId =>
  digest(type, epoch, String(srcSeq))
