/** From a stored event to what a reader is given: the same for live, history, resume and replay (invariant I4). */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import type { AnnotatedEvent } from "./decodeAnnotated.ts"
import { openSubmitted } from "./openSubmitted.ts"
import type { RoomEvent, RoomPlaceholder } from "./RoomEvent.ts"

/** The place of an event that this build cannot decode: it counts in the order and shows nothing. */
export const unreadablePlaceholder = (room: RoomId, message: StoredMessage, prev: number): RoomPlaceholder => ({
  kind: "placeholder",
  room,
  seq: message.seq,
  prev,
  created_at: message.storedAt,
  reason: "unreadable"
})

/**
 * Opens an annotated event; `prev` is the sequence of the one before it in its room (0: none). A destroyed key, a broken
 * seal, a parked submission and a key of another master key give a placeholder: only what a retry can mend is an error.
 */
export const openRoomEvent = (
  keyring: Keyring["Service"],
  { seq, room, event }: Pick<AnnotatedEvent, "seq" | "room" | "event">,
  prev: number
): Effect.Effect<RoomEvent, KeyringError> => {
  const position = { room, seq, prev, created_at: event.payload.created_at }
  const placeholder = (reason: RoomPlaceholder["reason"]): RoomEvent => ({ kind: "placeholder", ...position, reason })
  if (event._tag === "SubmissionParked") return Effect.succeed(placeholder(event.payload.reason))
  const { submitted_id: id, author, sealed, annotation } = event.payload
  return openSubmitted(keyring, { submittedId: id, room, author, sealed }).pipe(
    Effect.map((opened): RoomEvent => {
      if (Result.isFailure(opened)) return placeholder(opened.failure)
      const { user_id, text, client_id } = opened.success
      const message = { kind: "message", ...position, id, author, user_id, text, client_id } as const
      return annotation === undefined ? message : { ...message, annotation }
    }),
    Effect.catchIf(
      (error) => !error.retryable,
      () => Effect.succeed(placeholder("unreadable"))
    )
  )
}
