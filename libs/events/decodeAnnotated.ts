/** Reads an event of the annotated stream, for whoever follows it: projector, broadcaster, analyzer. */
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { parseAnnotated } from "#nats/Subjects.ts"
import { decodeCheckpoint, decodeEnvelope, type Undecodable } from "./decodeEnvelope.ts"
import { type Envelope, Header } from "./Envelope.ts"
import { MESSAGE_ANNOTATED, type MessageAnnotated, messageAnnotatedVersions } from "./MessageAnnotated.ts"
import { decodePayload } from "./PayloadVersions.ts"
import type { ParkReason } from "./SubmissionParked.ts"
import { SUBMISSION_PARKED, type SubmissionParked, submissionParkedVersions } from "./SubmissionParked.ts"

export interface AnnotatedEvent {
  /** Its place in the order (invariant I4). */
  readonly seq: number
  /** The broker's clock when it stored this event (milliseconds since 1970, UTC). */
  readonly storedAt: number
  readonly room: RoomId
  readonly envelope: Envelope
  /** The submission this event answers. */
  readonly srcSeq: number
  /** Every submission of the partition up to here is answered. */
  readonly subThrough: number
  readonly event:
    | { readonly _tag: typeof MESSAGE_ANNOTATED; readonly payload: MessageAnnotated }
    | { readonly _tag: typeof SUBMISSION_PARKED; readonly payload: SubmissionParked }
}

const decodeEvent = (
  type: string,
  version: number,
  body: Uint8Array
): Result.Result<AnnotatedEvent["event"], ParkReason> => {
  switch (type) {
    case MESSAGE_ANNOTATED:
      return Result.map(decodePayload(messageAnnotatedVersions, version, body), (payload) => ({ _tag: type, payload }))
    case SUBMISSION_PARKED:
      return Result.map(decodePayload(submissionParkedVersions, version, body), (payload) => ({ _tag: type, payload }))
    default:
      return Result.fail("type_unknown")
  }
}

/**
 * Decodes a message of `ANN`, whose `subject` is its own there (`ann.<partition>.<room>`), also when it came as a live
 * one. A reader that is refused goes on with `unreadablePlaceholder`: the event keeps its place in the room's order.
 */
export const decodeAnnotated = (message: StoredMessage): Result.Result<AnnotatedEvent, Undecodable> => {
  const place = parseAnnotated(message.subject)
  if (place === undefined) return Result.fail({ reason: "envelope_undecodable" })
  return Result.flatMap(decodeEnvelope(message.headers), (envelope) =>
    Result.flatMap(decodeCheckpoint(message.headers), (checkpoint) =>
      Result.mapBoth(decodeEvent(envelope[Header.type], envelope[Header.version], message.data), {
        onFailure: (reason): Undecodable => ({ reason, envelope }),
        onSuccess: (event): AnnotatedEvent => ({
          seq: message.seq,
          storedAt: message.storedAt,
          room: place.room,
          envelope,
          srcSeq: checkpoint[Header.srcSeq],
          subThrough: checkpoint[Header.subThrough],
          event
        })
      })
    )
  )
}
