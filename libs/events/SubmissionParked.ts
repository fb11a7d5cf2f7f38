/** A stored submission that could not be read: it keeps its place in the order, with the reason, and the room goes on. */
import * as Schema from "effect/Schema"
import { payloadVersions, version } from "./PayloadVersions.ts"

export const SUBMISSION_PARKED = "SubmissionParked"

export const ParkReason = Schema.Literals([
  /** The headers do not say what the event is. */
  "envelope_undecodable",
  /** No build up to this one knows the event's type. */
  "type_unknown",
  /** The version is newer than this build, and no newer build took it. */
  "version_unknown",
  /** The body is not what its type and version promise. */
  "payload_undecodable",
  /** The sealed value's key is gone. */
  "key_destroyed",
  /** The sealed value was altered, or belongs to another event. */
  "seal_broken"
])
export type ParkReason = typeof ParkReason.Type

const SubmissionParkedV1 = Schema.Struct({
  reason: ParkReason,
  /** When the broker stored the submission (milliseconds since 1970, UTC). */
  created_at: Schema.Natural
})

/** The version written today; older ones are brought up to it when decoded. */
export const SubmissionParked = SubmissionParkedV1
export type SubmissionParked = typeof SubmissionParked.Type

export const submissionParkedVersions = payloadVersions<SubmissionParked>(
  version(SubmissionParkedV1, (payload) => payload)
)
