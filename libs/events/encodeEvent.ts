/** Turns an event into the headers and body that a stream stores. Always in today's version; reading knows them all. */
import * as Schema from "effect/Schema"
import type { EventId } from "#libs/domain/EventId.ts"
import { Header } from "./Envelope.ts"
import { type EventPayloads, type EventType, eventTypes } from "./eventTypes.ts"
import { MESSAGE_SUBMITTED, MessageSubmitted } from "./MessageSubmitted.ts"
import { MessageAnnotated } from "./MessageAnnotated.ts"
import { SubmissionParked } from "./SubmissionParked.ts"

/** What the writer knows of an event besides its payload. */
export interface EventFields<Type extends EventType> {
  readonly type: Type
  readonly eventId: EventId
  /** The writer's clock (milliseconds since 1970, UTC). */
  readonly occurredAt: number
  readonly correlationId: string
  /** The event that led to this one. */
  readonly causationId?: string
  /** W3C trace context. */
  readonly traceParent?: string
  /** On the annotated stream only, and on each of its events. */
  readonly checkpoint?: { readonly srcSeq: number; readonly subThrough: number }
}

export interface EncodedEvent {
  readonly headers: Readonly<Record<string, string>>
  readonly data: string
}

// Encoding drops what the schema does not name, so that nothing of an opened message can ride along into a stream.
const encoders: { readonly [Type in EventType]: (payload: EventPayloads[Type]) => unknown } = {
  MessageSubmitted: Schema.encodeSync(MessageSubmitted),
  MessageAnnotated: Schema.encodeSync(MessageAnnotated),
  SubmissionParked: Schema.encodeSync(SubmissionParked)
}

/**
 * Encodes one event. A submission also carries its id as the broker's message id, by which a retry is recognised.
 * Throws if the payload breaks its own schema: that is a defect of the caller, and must not be stored for ever.
 */
export const encodeEvent = <Type extends EventType>(
  fields: EventFields<Type>,
  payload: EventPayloads[Type]
): EncodedEvent => ({
  headers: {
    ...(fields.type === MESSAGE_SUBMITTED ? { [Header.messageId]: fields.eventId } : {}),
    [Header.eventId]: fields.eventId,
    [Header.type]: fields.type,
    [Header.version]: String(eventTypes[fields.type].current),
    [Header.occurredAt]: new Date(fields.occurredAt).toISOString(),
    [Header.correlationId]: fields.correlationId,
    ...(fields.causationId === undefined ? {} : { [Header.causationId]: fields.causationId }),
    ...(fields.traceParent === undefined ? {} : { [Header.traceParent]: fields.traceParent }),
    ...(fields.checkpoint === undefined
      ? {}
      : {
          [Header.srcSeq]: String(fields.checkpoint.srcSeq),
          [Header.subThrough]: String(fields.checkpoint.subThrough)
        })
  },
  data: JSON.stringify(encoders[fields.type](payload))
})
