/** What it means that the broker already has a message under this id: our own retry, a repeat, or another message. */
import type { MessageText } from "#libs/domain/MessageText.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { SealedMessage } from "#libs/events/SealedMessage.ts"
import type { SealedValue } from "#libs/events/SealedValue.ts"

/** The message as it was to be stored now. */
export interface Intended {
  readonly room: RoomId
  readonly text: MessageText
  readonly sealed: SealedValue
}

/** The message as it stands in the stream. */
export interface Stored {
  readonly room: RoomId
  readonly sealed: SealedValue
}

/** True if the stored bytes are those of this very submission: an earlier try of ours arrived after all. */
export const isOurOwn = (intended: Intended, stored: Stored): boolean =>
  stored.sealed.nonce === intended.sealed.nonce && stored.sealed.ct === intended.sealed.ct

/**
 * Whether an opened stored message says the same in the same room. Author and client message id need no comparison:
 * they are what the id is made of. What cannot be opened any more cannot be the same.
 */
export const isSame = (intended: Intended, stored: Stored, opened: SealedMessage | undefined): boolean =>
  opened !== undefined && stored.room === intended.room && opened.text === intended.text
