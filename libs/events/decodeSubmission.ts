/** Reads a stored submission as the analyzer meets it. What it cannot read, it names the reason for parking of. */
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { parseSubmission, type SubmissionKind } from "#nats/Subjects.ts"
import { decodeEnvelope, type Undecodable } from "./decodeEnvelope.ts"
import { type Envelope, Header } from "./Envelope.ts"
import { MESSAGE_SUBMITTED, type MessageSubmitted, messageSubmittedVersions } from "./MessageSubmitted.ts"
import { decodePayload } from "./PayloadVersions.ts"

export type { Undecodable } from "./decodeEnvelope.ts"

export interface DecodedSubmission {
  readonly envelope: Envelope
  readonly room: RoomId
  readonly payload: MessageSubmitted
}

/** Rights to submit are given by kind, so an event may only come under the kind of its type. */
const TYPE_OF_KIND: Readonly<Record<SubmissionKind, string>> = { message: MESSAGE_SUBMITTED }
const isKind = (kind: string): kind is SubmissionKind => Object.hasOwn(TYPE_OF_KIND, kind)

/**
 * Decodes a message of `SUB`. Of the reasons to fail only `version_unknown` may pass by itself: a newer build may be
 * about to take the partition over.
 */
export const decodeSubmission = (message: StoredMessage): Result.Result<DecodedSubmission, Undecodable> => {
  const place = parseSubmission(message.subject)
  if (place === undefined) return Result.fail({ reason: "envelope_undecodable" })
  return Result.flatMap(decodeEnvelope(message.headers), (envelope): Result.Result<DecodedSubmission, Undecodable> => {
    if (!isKind(place.kind) || TYPE_OF_KIND[place.kind] !== envelope[Header.type]) {
      return Result.fail({ reason: "type_unknown", envelope })
    }
    return Result.mapBoth(decodePayload(messageSubmittedVersions, envelope[Header.version], message.data), {
      onFailure: (reason) => ({ reason, envelope }),
      onSuccess: (payload) => ({ envelope, room: place.room, payload })
    })
  })
}
