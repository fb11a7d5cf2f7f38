/** What a plain-mode client is sent of a message (docs/protocol.md): six fields always, further ones beside them. */
import type { RoomMessage } from "#libs/events/RoomEvent.ts"

/**
 * The JSON text of one message. `sentiment` and `crisis_probability` are null only where `analysis` says `unavailable`.
 * `duplicate` marks a message sent again to the one who retried it. Placeholders have no form here: plain mode carries
 * messages only, so `prev` may name one that is never seen.
 */
export const plainMessage = (message: RoomMessage, mark: "first" | "duplicate" = "first"): string => {
  const { annotation } = message
  return JSON.stringify({
    room_id: message.room,
    user_id: message.user_id,
    text: message.text,
    sentiment: annotation?.sentiment ?? null,
    crisis_probability: annotation?.crisis_probability ?? null,
    created_at: new Date(message.created_at).toISOString(),
    type: "message",
    id: message.id,
    seq: message.seq,
    prev: message.prev,
    client_id: message.client_id,
    analysis: annotation === undefined ? "unavailable" : "scored",
    ...(mark === "duplicate" ? { duplicate: true } : {})
  })
}
