import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { openRoomEvent, unreadablePlaceholder } from "#libs/events/openRoomEvent.ts"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import type { Linked } from "./roomChain.ts"

/** An event of a room as it came from the broker, with its place. */
export interface StoredEvent extends Linked {
  readonly message: StoredMessage
}

/** What readers are given of a stored event. Fails only where waiting helps: its key is out of reach for now. */
export const openStored = (
  keyring: Keyring["Service"],
  room: RoomId,
  { message, prev }: StoredEvent
): Effect.Effect<RoomEvent, KeyringError> => {
  const decoded = decodeAnnotated(message)
  return Result.isSuccess(decoded)
    ? openRoomEvent(keyring, decoded.success, prev)
    : Effect.succeed(unreadablePlaceholder(room, message, prev))
}
