/** Opens a row for an answer: the same entry that live readers were given of the same event (invariant I4). */
import type * as Effect from "effect/Effect"
import type { AnnotatedEvent } from "#libs/events/decodeAnnotated.ts"
import { MESSAGE_ANNOTATED } from "#libs/events/MessageAnnotated.ts"
import { openRoomEvent } from "#libs/events/openRoomEvent.ts"
import type { RoomEvent, RoomPlaceholder } from "#libs/events/RoomEvent.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { MessageRow, PlaceholderRow } from "./EventRow.ts"

/** The event a message's row was made from, as far as readers are concerned. */
const eventOf = (row: MessageRow): Pick<AnnotatedEvent, "seq" | "room" | "event"> => {
  const { sentiment, sentiment_score, crisis_probability } = row
  const scored = sentiment !== null && sentiment_score !== null && crisis_probability !== null
  return {
    seq: row.seq,
    room: row.room,
    event: {
      _tag: MESSAGE_ANNOTATED,
      payload: {
        submitted_id: row.submitted_id,
        author: row.author,
        sealed: { alg: row.sealed_alg, kid: row.sealed_kid, nonce: row.sealed_nonce, ct: row.sealed_ct },
        created_at: row.created_at,
        analyzer: { id: row.analyzer_id, version: row.analyzer_version },
        ...(scored ? { annotation: { sentiment, sentiment_score, crisis_probability } } : {})
      }
    }
  }
}

export const placeholderOf = ({ room, seq, prev, created_at, reason }: PlaceholderRow): RoomPlaceholder => ({
  kind: "placeholder",
  room,
  seq,
  prev,
  created_at,
  reason
})

/** Fails only when a key is out of reach for now. */
export const openMessageRow = (keyring: Keyring["Service"], row: MessageRow): Effect.Effect<RoomEvent, KeyringError> =>
  openRoomEvent(keyring, eventOf(row), row.prev)
