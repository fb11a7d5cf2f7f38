/** What a stored submission turns out to be: a message to score, something to park, or something to wait for. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type DecodedSubmission, decodeSubmission } from "#libs/events/decodeSubmission.ts"
import { type Envelope, Header } from "#libs/events/Envelope.ts"
import { openSubmitted } from "#libs/events/openSubmitted.ts"
import type { ParkReason } from "#libs/events/SubmissionParked.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"

/** A submission that will become an event now. */
export type Answerable =
  | {
      readonly _tag: "Message"
      readonly message: StoredMessage
      readonly submission: DecodedSubmission
      /** Absent when another master key sealed it: then it goes out unscored, and who can open it will. */
      readonly text: string | undefined
    }
  | {
      readonly _tag: "Parked"
      readonly message: StoredMessage
      readonly reason: ParkReason
      readonly envelope: Envelope | undefined
    }

export type Reading =
  | Answerable
  /** `KEYS` is out of reach: nothing can be said of this message yet. */
  | { readonly _tag: "NoKeys" }
  /** Written in a version this build does not know; a newer build may. */
  | { readonly _tag: "TooNew" }

const NO_KEYS: Reading = { _tag: "NoKeys" }
const TOO_NEW: Reading = { _tag: "TooNew" }

/** `parkTooNew`: waiting for a newer build is over. */
export const readSubmission = (
  keyring: Keyring["Service"],
  message: StoredMessage,
  parkTooNew: boolean
): Effect.Effect<Reading> => {
  const decoded = decodeSubmission(message)
  if (Result.isFailure(decoded)) {
    const { envelope, reason } = decoded.failure
    return Effect.succeed(
      reason === "version_unknown" && !parkTooNew ? TOO_NEW : { _tag: "Parked", message, reason, envelope }
    )
  }
  const submission = decoded.success
  const { envelope, payload, room } = submission
  const sealed = { submittedId: envelope[Header.eventId], room, author: payload.author, sealed: payload.sealed }
  return openSubmitted(keyring, sealed).pipe(
    Effect.map((opened): Reading =>
      Result.isSuccess(opened)
        ? { _tag: "Message", message, submission, text: opened.success.text }
        : { _tag: "Parked", message, reason: opened.failure, envelope }
    ),
    Effect.catch((error) =>
      Effect.succeed<Reading>(error.retryable ? NO_KEYS : { _tag: "Message", message, submission, text: undefined })
    )
  )
}
