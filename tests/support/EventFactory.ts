/**
 * Valid events for tests: sealed with a real keyring, encoded by the product's own code, so that a test names only what it
 * is about. Ids, times and scores it does not name are sensible and different for each message.
 */
import { randomBytes, randomUUID } from "node:crypto"
import { headers as natsHeaders } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import { NONCE_BYTES } from "#libs/crypto/aesGcm.ts"
import type { Annotation } from "#libs/domain/Annotation.ts"
import type { Author } from "#libs/domain/Author.ts"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { derivedEventId, type EventId, submissionEventId } from "#libs/domain/EventId.ts"
import { MessageText } from "#libs/domain/MessageText.ts"
import { STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { encodeEvent } from "#libs/events/encodeEvent.ts"
import { MESSAGE_ANNOTATED } from "#libs/events/MessageAnnotated.ts"
import { MESSAGE_SUBMITTED } from "#libs/events/MessageSubmitted.ts"
import { submissionSeal } from "#libs/events/openSubmitted.ts"
import type { SealedValue } from "#libs/events/SealedValue.ts"
import { sealMessage } from "#libs/events/sealMessage.ts"
import { type ParkReason, SUBMISSION_PARKED } from "#libs/events/SubmissionParked.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { type Outgoing, publish } from "#nats/publish.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { annotatedSubject, submissionSubject, submissionsOfRoom } from "#nats/Subjects.ts"

type KeyringService = Keyring["Service"]

export interface MessageSpec {
  readonly room: string
  readonly user: string
  readonly text: string
  /** A random one when left out. */
  readonly clientId?: string
  /** The edge's clock (milliseconds since 1970). */
  readonly occurredAt?: number
}

export interface SealedSubmission {
  readonly eventId: EventId
  readonly author: Author
  readonly room: RoomId
  readonly sealed: SealedValue
  readonly outgoing: Outgoing
}

const someTime = 1_790_000_000_000

const outgoingOf = (subject: string, encoded: ReturnType<typeof encodeEvent>): Outgoing => ({ subject, ...encoded })

/** A submission as an edge would publish it, not yet published. */
export const sealedSubmission = Effect.fnUntraced(function* (keyring: KeyringService, spec: MessageSpec) {
  const room = RoomId.make(spec.room)
  const user = UserId.make(spec.user)
  const clientId = ClientMessageId.make(spec.clientId ?? randomUUID())
  const author = yield* keyring.authorOf(user)
  const dataKey = yield* keyring.sealingKey(author, STANDARD_ROOM_CLASS)
  const eventId = submissionEventId(author, clientId)
  const message = { user_id: user, text: MessageText.make(spec.text), client_id: clientId }
  const sealed = sealMessage(dataKey, submissionSeal(eventId, room), message, randomBytes(NONCE_BYTES))
  const fields = {
    type: MESSAGE_SUBMITTED,
    eventId,
    occurredAt: spec.occurredAt ?? someTime,
    correlationId: randomUUID()
  } as const
  const outgoing = outgoingOf(submissionSubject("message", room), encodeEvent(fields, { author, sealed }))
  return { eventId, author, room, sealed, outgoing } satisfies SealedSubmission
})

/** Publishes a submission to `SUB`; `seq` is its place there. */
export const submitMessage = (
  connection: Connection,
  keyring: KeyringService,
  spec: MessageSpec
): Effect.Effect<SealedSubmission & { readonly seq: number }, NatsError | KeyringError> =>
  Effect.gen(function* () {
    const submission = yield* sealedSubmission(keyring, spec)
    const { seq } = yield* publish(connection, submission.outgoing)
    return { ...submission, seq }
  })

/** Where an annotated event stands against `SUB`. */
export interface CheckpointSpec {
  readonly srcSeq: number
  /** `srcSeq` when left out. */
  readonly subThrough?: number
  /** When the broker stored the submission (milliseconds since 1970). */
  readonly createdAt?: number
}

const EPOCH = "test-epoch"

const checkpointOf = ({ srcSeq, subThrough = srcSeq }: CheckpointSpec) => ({ srcSeq, subThrough })

export const calm: Annotation = { sentiment: "neutral", sentiment_score: 0, crisis_probability: 0.01 }

/** An annotated event of a message that was never in `SUB`, ready for `ANN`. `annotation: "unavailable"` leaves the scores out. */
export const annotatedMessage = Effect.fnUntraced(function* (
  keyring: KeyringService,
  spec: MessageSpec & CheckpointSpec & { readonly annotation?: Annotation | "unavailable" }
) {
  const { eventId, author, room, sealed } = yield* sealedSubmission(keyring, spec)
  const { annotation = calm, createdAt = someTime, occurredAt = someTime } = spec
  const encoded = encodeEvent(
    {
      type: MESSAGE_ANNOTATED,
      eventId: derivedEventId(MESSAGE_ANNOTATED, EPOCH, spec.srcSeq),
      occurredAt,
      correlationId: randomUUID(),
      causationId: eventId,
      checkpoint: checkpointOf(spec)
    },
    {
      submitted_id: eventId,
      author,
      sealed,
      created_at: createdAt,
      ...(annotation === "unavailable" ? {} : { annotation }),
      analyzer: { id: "test", version: "1" }
    }
  )
  return outgoingOf(annotatedSubject(room), encoded)
})

/** The event of a submission that could not be read, ready for `ANN`. */
export const parkedSubmission = (
  spec: CheckpointSpec & { readonly room: string; readonly reason: ParkReason }
): Outgoing => {
  const encoded = encodeEvent(
    {
      type: SUBMISSION_PARKED,
      eventId: derivedEventId(SUBMISSION_PARKED, EPOCH, spec.srcSeq),
      occurredAt: someTime,
      correlationId: randomUUID(),
      checkpoint: checkpointOf(spec)
    },
    { reason: spec.reason, created_at: spec.createdAt ?? someTime }
  )
  return outgoingOf(annotatedSubject(RoomId.make(spec.room)), encoded)
}

/** An event as its stream would hold it: what the server does to a submission's subject is done here too. */
export const storedAs = (outgoing: Outgoing, seq: number, storedAt: number = someTime): StoredMessage => {
  const headers = natsHeaders()
  for (const [name, value] of Object.entries(outgoing.headers ?? {})) headers.set(name, value)
  const [root, kind, room] = outgoing.subject.split(".")
  const subject =
    root === "chat" ? submissionsOfRoom(RoomId.make(room ?? "")).replace(/>$/, kind ?? "") : outgoing.subject
  return { seq, subject, storedAt, headers, data: Buffer.from(outgoing.data) }
}
