/** Every type of event there is, with how its payload is read. Their names are what `Event-Type` says. */
import { type MessageAnnotated, messageAnnotatedVersions } from "./MessageAnnotated.ts"
import { type MessageSubmitted, messageSubmittedVersions } from "./MessageSubmitted.ts"
import type { PayloadVersions } from "./PayloadVersions.ts"
import { type SubmissionParked, submissionParkedVersions } from "./SubmissionParked.ts"

export interface EventPayloads {
  readonly MessageSubmitted: MessageSubmitted
  readonly MessageAnnotated: MessageAnnotated
  readonly SubmissionParked: SubmissionParked
}
export type EventType = keyof EventPayloads

export const eventTypes: { readonly [Type in EventType]: PayloadVersions<EventPayloads[Type]> } = {
  MessageSubmitted: messageSubmittedVersions,
  MessageAnnotated: messageAnnotatedVersions,
  SubmissionParked: submissionParkedVersions
}
