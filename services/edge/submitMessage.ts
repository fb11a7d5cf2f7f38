/** From what a client wants to say to what is stored, and from the store's outcome to what the client is told. Pure. */
import type { Author } from "#libs/domain/Author.ts"
import type { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { submissionEventId } from "#libs/domain/EventId.ts"
import { encodeEvent } from "#libs/events/encodeEvent.ts"
import { MESSAGE_SUBMITTED } from "#libs/events/MessageSubmitted.ts"
import { submissionSeal } from "#libs/events/openSubmitted.ts"
import { sealMessage } from "#libs/events/sealMessage.ts"
import type { DataKey } from "#libs/keyring/Keyring.ts"
import type { PlainSend } from "#libs/protocol/plainFrame.ts"
import type { ProtocolError } from "#libs/protocol/ProtocolError.ts"
import type { Submission, SubmitOutcome } from "./Submitter.ts"

/** What the decision needs of the world: keys, clock and randomness, already asked. */
export interface SubmitContext {
  readonly author: Author
  readonly key: DataKey
  readonly clientId: ClientMessageId
  /** The edge's clock, milliseconds since 1970. */
  readonly now: number
  readonly nonce: Uint8Array
}

/** The event of a message, sealed. The same author and client message id always give the same event id (invariant I2). */
export const submitMessage = (
  { room, text, user }: PlainSend,
  { author, clientId, key, nonce, now }: SubmitContext
): Submission => {
  const eventId = submissionEventId(author, clientId)
  const message = { user_id: user, text, client_id: clientId }
  const sealed = sealMessage(key, submissionSeal(eventId, room), message, nonce)
  const event = encodeEvent(
    { type: MESSAGE_SUBMITTED, eventId, occurredAt: now, correlationId: eventId },
    { author, sealed }
  )
  return { room, text, sealed, author, eventId, event }
}

/** What the sender is told, or undefined where the message itself is the answer: it comes back by its room. */
export const refusals: Readonly<Record<SubmitOutcome, ProtocolError | undefined>> = {
  stored: undefined,
  repeated: undefined,
  conflict: {
    code: "conflict",
    message: "this client_id was used before for another room or text; a new message needs a new one"
  },
  "not stored": { code: "unavailable", message: "the message was not stored; send it again later" },
  refused: { code: "unavailable", message: "the message could not be stored; send it again later" },
  unknown: {
    code: "unavailable",
    message: "whether the message was stored is unknown; sent again with the same client_id it will not be stored twice"
  }
}
