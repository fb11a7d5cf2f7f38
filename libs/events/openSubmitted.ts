/** Opens what a submission sealed, wherever it stands now: its annotated event carries the very same sealed value. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Author } from "#libs/domain/Author.ts"
import { type EventId, submissionEventId } from "#libs/domain/EventId.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import { MESSAGE_SUBMITTED } from "./MessageSubmitted.ts"
import type { SealedMessage } from "./SealedMessage.ts"
import type { SealedValue } from "./SealedValue.ts"
import { openMessage, type SealContext } from "./sealMessage.ts"

/** A submission's sealed value with what it is bound to. */
export interface Submitted {
  readonly submittedId: EventId
  readonly room: RoomId
  readonly author: Author
  readonly sealed: SealedValue
}

/** What the sealed value of a submission is bound to, for ever and in every stream. */
export const submissionSeal = (eventId: EventId, room: RoomId): SealContext => ({
  eventId,
  room,
  type: MESSAGE_SUBMITTED
})

/**
 * Opens a submission. That the key is gone, or that the value was altered or belongs elsewhere, is a result: it will
 * never be otherwise. It fails when `KEYS` is out of reach, or not this master key's: then nothing is known yet.
 */
export const openSubmitted = (
  keyring: Keyring["Service"],
  { submittedId, room, author, sealed }: Submitted
): Effect.Effect<Result.Result<SealedMessage, "key_destroyed" | "seal_broken">, KeyringError> =>
  keyring.openingKey(sealed.kid).pipe(
    Effect.map((key) =>
      Result.flatMap(openMessage(key, submissionSeal(submittedId, room), sealed), (message) =>
        // The author stands in the clear; the id, which the seal covers, is made from it.
        submissionEventId(author, message.client_id) === submittedId
          ? Result.succeed(message)
          : Result.fail("seal_broken" as const)
      )
    ),
    Effect.catchIf(
      (error) => error.reason === "Destroyed",
      () => Effect.succeed(Result.fail("key_destroyed" as const))
    )
  )
