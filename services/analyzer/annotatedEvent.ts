/** The one event of `ANN` that a submission leads to. Pure: ids are derived, so preparing it twice gives equal events. */
import type { AnalyzerIdentity } from "#libs/analysis/Analyzer.ts"
import type { Annotation } from "#libs/domain/Annotation.ts"
import { derivedEventId } from "#libs/domain/EventId.ts"
import { encodeEvent, type EncodedEvent } from "#libs/events/encodeEvent.ts"
import { Header } from "#libs/events/Envelope.ts"
import { MESSAGE_ANNOTATED } from "#libs/events/MessageAnnotated.ts"
import { SUBMISSION_PARKED } from "#libs/events/SubmissionParked.ts"
import { annotatedSubject, parseSubmission, partitionOfSubmission, strayAnnotatedSubject } from "#nats/Subjects.ts"
import type { Prepared } from "./PartitionLog.ts"
import type { Answerable } from "./readSubmission.ts"

export interface EventOrigin {
  /** The log's identity. */
  readonly epoch: string
  readonly analyzer: AnalyzerIdentity
  /** The sequencer's clock (milliseconds since 1970, UTC). */
  readonly now: number
  /** The partition's checkpoint this event states; the submission's own sequence, except when a hole is filled late. */
  readonly subThrough?: number
}

/** Headers and the envelope around a body, roughly; only for bounds. */
const HEADER_BYTES = 600

const encode = (
  answer: Answerable,
  annotation: Annotation | undefined,
  { analyzer, epoch, now, subThrough }: EventOrigin
): EncodedEvent => {
  const { seq: srcSeq, storedAt } = answer.message
  const envelope = answer._tag === "Message" ? answer.submission.envelope : answer.envelope
  const type = answer._tag === "Message" ? MESSAGE_ANNOTATED : SUBMISSION_PARKED
  const eventId = derivedEventId(type, epoch, srcSeq)
  const traceParent = envelope?.[Header.traceParent]
  const origin = {
    eventId,
    occurredAt: now,
    correlationId: envelope?.[Header.correlationId] ?? eventId,
    checkpoint: { srcSeq, subThrough: subThrough ?? srcSeq },
    ...(envelope === undefined ? {} : { causationId: envelope[Header.eventId] }),
    ...(traceParent === undefined ? {} : { traceParent })
  }
  if (answer._tag === "Parked") {
    return encodeEvent({ type: SUBMISSION_PARKED, ...origin }, { reason: answer.reason, created_at: storedAt })
  }
  const { author, sealed } = answer.submission.payload
  return encodeEvent(
    { type: MESSAGE_ANNOTATED, ...origin },
    {
      submitted_id: answer.submission.envelope[Header.eventId],
      author,
      // Sealed for the submission and carried on as it is: no second key, no second plaintext (libs/events/openSubmitted).
      sealed,
      created_at: storedAt,
      analyzer: { id: analyzer.id, version: analyzer.version },
      ...(annotation === undefined ? {} : { annotation })
    }
  )
}

/** The event that answers a submission, ready to be appended but for the fence. */
export const annotatedEvent = (
  answer: Answerable,
  annotation: Annotation | undefined,
  origin: EventOrigin
): Prepared => {
  const { seq: srcSeq, subject } = answer.message
  const room = parseSubmission(subject)?.room
  const { data, headers } = encode(answer, annotation, origin)
  return {
    srcSeq,
    bytes: data.length + HEADER_BYTES,
    outgoing: {
      subject: room === undefined ? strayAnnotatedSubject(partitionOfSubmission(subject)) : annotatedSubject(room),
      headers,
      data
    }
  }
}
