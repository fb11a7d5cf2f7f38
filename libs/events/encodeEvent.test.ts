import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { annotatedSubject, submissionSubject } from "#nats/Subjects.ts"
import { annotations, authors, eventIds, rooms, sealedValues, some } from "#tests/support/arbitraries.ts"
import { storedAs } from "#tests/support/EventFactory.ts"
import { decodeAnnotated } from "./decodeAnnotated.ts"
import { decodeSubmission } from "./decodeSubmission.ts"
import { encodeEvent } from "./encodeEvent.ts"
import { Header } from "./Envelope.ts"
import { ParkReason } from "./SubmissionParked.ts"

const times = fc.integer({ min: 0, max: 4_000_000_000_000 })
const optional = {
  causationId: eventIds,
  traceParent: fc.constant("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
}
const fields = fc.record(
  { eventId: eventIds, occurredAt: times, correlationId: fc.uuid(), ...optional },
  { requiredKeys: ["eventId", "occurredAt", "correlationId"] }
)
const checkpoint = fc.record({ srcSeq: fc.maxSafeNat(), subThrough: fc.nat() }).map(({ srcSeq, subThrough }) => ({
  srcSeq: srcSeq % 9_000_000_000_000_000,
  subThrough
}))

describe("an encoded event", () => {
  it("reads back as the submission it was", () => {
    fc.assert(
      fc.property(fields, rooms, authors, sealedValues, (known, room, author, sealed) => {
        const encoded = encodeEvent({ type: "MessageSubmitted", ...known }, { author, sealed })
        const stored = storedAs({ subject: submissionSubject("message", room), ...encoded }, 7)
        const { envelope, ...rest } = Result.getOrThrow(decodeSubmission(stored))
        expect(rest).toEqual({ room, payload: { author, sealed } })
        expect(envelope).toEqual({
          [Header.eventId]: known.eventId,
          [Header.type]: "MessageSubmitted",
          [Header.version]: 1,
          [Header.occurredAt]: new Date(known.occurredAt).toISOString(),
          [Header.correlationId]: known.correlationId,
          ...(known.causationId === undefined ? {} : { [Header.causationId]: known.causationId }),
          ...(known.traceParent === undefined ? {} : { [Header.traceParent]: known.traceParent })
        })
      })
    )
  })

  it("reads back as the annotated message it was, with and without scores", () => {
    const payloads = fc.record(
      {
        submitted_id: eventIds,
        author: authors,
        sealed: sealedValues,
        created_at: times,
        annotation: annotations,
        analyzer: fc.record({ id: fc.string(), version: fc.string() })
      },
      { requiredKeys: ["submitted_id", "author", "sealed", "created_at", "analyzer"] }
    )
    fc.assert(
      fc.property(fields, checkpoint, rooms, payloads, (known, place, room, payload) => {
        const encoded = encodeEvent({ type: "MessageAnnotated", ...known, checkpoint: place }, payload)
        const stored = storedAs({ subject: annotatedSubject(room), ...encoded }, 9, 5)
        const { envelope, ...rest } = Result.getOrThrow(decodeAnnotated(stored))
        expect(rest).toEqual({ seq: 9, storedAt: 5, room, ...place, event: { _tag: "MessageAnnotated", payload } })
        expect(envelope[Header.eventId]).toBe(known.eventId)
      })
    )
  })

  it("reads back as the parked submission it was, whatever the reason", () => {
    fc.assert(
      fc.property(
        fields,
        checkpoint,
        rooms,
        fc.constantFrom(...ParkReason.literals),
        times,
        (known, place, room, reason, created_at) => {
          const payload = { reason, created_at }
          const encoded = encodeEvent({ type: "SubmissionParked", ...known, checkpoint: place }, payload)
          const { event } = Result.getOrThrow(
            decodeAnnotated(storedAs({ subject: annotatedSubject(room), ...encoded }, 9))
          )
          expect(event).toEqual({ _tag: "SubmissionParked", payload })
        }
      )
    )
  })

  it("gives the broker its id to recognise a retry by, if and only if it is a submission", () => {
    const eventId = some(eventIds)
    const known = { eventId, occurredAt: 0, correlationId: "c" }
    const parked = { reason: "type_unknown", created_at: 0 } as const
    const submission = { author: some(authors), sealed: some(sealedValues) }
    expect(encodeEvent({ type: "MessageSubmitted", ...known }, submission).headers[Header.messageId]).toBe(eventId)
    expect(encodeEvent({ type: "SubmissionParked", ...known }, parked).headers).not.toHaveProperty(Header.messageId)
  })

  it("leaves out what its schema does not name, such as an opened text", () => {
    fc.assert(
      fc.property(fields, authors, sealedValues, (known, author, sealed) => {
        const opened = { author, sealed, text: "a secret of somebody" }
        expect(encodeEvent({ type: "MessageSubmitted", ...known }, opened).data).not.toContain("secret")
      })
    )
  })

  it("is never made of a payload that nobody could read back", () => {
    const known = { type: "SubmissionParked", eventId: some(eventIds), occurredAt: 0, correlationId: "c" } as const
    expect(() => encodeEvent(known, { reason: "type_unknown", created_at: -1 })).toThrow()
  })
})
