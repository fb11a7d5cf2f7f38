/**
 * What is known of an event besides its payload, carried in NATS headers so that routing, audit and tracing need no body.
 * `Src-Seq` and `Sub-Through` stand only on the annotated stream (ADR 0007).
 */
import * as Schema from "effect/Schema"
import { EventId } from "#libs/domain/EventId.ts"

export const Header = {
  messageId: "Nats-Msg-Id",
  eventId: "Event-Id",
  type: "Event-Type",
  version: "Event-Version",
  occurredAt: "Occurred-At",
  correlationId: "Correlation-Id",
  causationId: "Causation-Id",
  traceParent: "traceparent",
  srcSeq: "Src-Seq",
  subThrough: "Sub-Through"
} as const

const NaturalFromString = Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,15})$/)).pipe(
  Schema.decodeTo(Schema.FiniteFromString),
  Schema.decodeTo(Schema.Natural)
)

export const Envelope = Schema.Struct({
  [Header.eventId]: EventId,
  [Header.type]: Schema.String.check(Schema.isPattern(/^[A-Z][A-Za-z]{1,63}$/)),
  [Header.version]: NaturalFromString,
  /** The writing process's clock, RFC 3339 in UTC; for people, never for order. */
  [Header.occurredAt]: Schema.String,
  [Header.correlationId]: Schema.String,
  [Header.causationId]: Schema.optionalKey(Schema.String),
  [Header.traceParent]: Schema.optionalKey(Schema.String)
})
export type Envelope = typeof Envelope.Type

/** The analyzer's own mark on each annotated event: what it answers, and how far its partition is answered. */
export const Checkpoint = Schema.Struct({
  [Header.srcSeq]: NaturalFromString,
  [Header.subThrough]: NaturalFromString
})
export type Checkpoint = typeof Checkpoint.Type
