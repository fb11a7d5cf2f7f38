/** The fold of the read model: what an annotated event becomes. No clock, no file, no key: the same log gives the same rows. */
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { AnnotatedEvent } from "#libs/events/decodeAnnotated.ts"
import { eventTypes } from "#libs/events/eventTypes.ts"
import { unreadablePlaceholder } from "#libs/events/openRoomEvent.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import type { EventRow, PlaceholderRow } from "./EventRow.ts"

/** Raised when the same event becomes another row. */
const FOLD_VERSION = 1

/**
 * Names this fold. A build that decodes more types or versions is another one too: it can read what an older build could
 * only keep the place of. A file of another fold is filled anew.
 */
export const FOLD = [
  FOLD_VERSION,
  ...Object.entries(eventTypes)
    .map(([type, { current }]) => `${type}.${current}`)
    .toSorted()
].join(" ")

const NOTHING_SAID = {
  submitted_id: null,
  author: null,
  sealed_alg: null,
  sealed_kid: null,
  sealed_nonce: null,
  sealed_ct: null,
  analyzer_id: null,
  analyzer_version: null,
  sentiment: null,
  sentiment_score: null,
  crisis_probability: null
} as const

/** The row of an event whose predecessor in its room stands at `prev`. */
export const projectEvent = ({ seq, room, envelope, srcSeq, event }: AnnotatedEvent, prev: number): EventRow => {
  const position = { seq, room, prev, event_id: envelope["Event-Id"], src_seq: srcSeq }
  if (event._tag === "SubmissionParked") {
    const { created_at, reason } = event.payload
    return { ...position, ...NOTHING_SAID, kind: "placeholder", created_at, reason }
  }
  const { submitted_id, author, sealed, created_at, annotation, analyzer } = event.payload
  return {
    ...position,
    kind: "message",
    created_at,
    reason: null,
    submitted_id,
    author,
    sealed_alg: sealed.alg,
    sealed_kid: sealed.kid,
    sealed_nonce: sealed.nonce,
    sealed_ct: sealed.ct,
    analyzer_id: analyzer.id,
    analyzer_version: analyzer.version,
    sentiment: annotation?.sentiment ?? null,
    sentiment_score: annotation?.sentiment_score ?? null,
    crisis_probability: annotation?.crisis_probability ?? null
  }
}

/** The row that keeps the place of an event which this build cannot decode, just as live readers are shown it. */
export const projectUndecodable = (room: RoomId, message: StoredMessage, prev: number): PlaceholderRow => ({
  ...NOTHING_SAID,
  ...unreadablePlaceholder(room, message, prev),
  event_id: null,
  src_seq: null
})
