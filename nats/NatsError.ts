/**
 * The one error of the broker's boundary. Its reason says what a caller can do; `retryable` says whether trying the very
 * same thing again can help. The server's text is kept for operators: it names subjects, never a user or a message.
 */
import { errors } from "@nats-io/nats-core"
import * as Data from "effect/Data"

export type NatsErrorReason =
  /** No connection, no responders, no leader: the broker is away for now (a leader election looks like this too). */
  | "Unavailable"
  /** Asked, and nothing came back: whether it was done is unknown. */
  | "Timeout"
  /** These credentials may not do this. */
  | "Forbidden"
  /** An expectation on the last sequence did not hold (error 10071). */
  | "WrongLastSequence"
  /** A subject's entries are used up (error 10077): a taken token, a written key. */
  | "SubjectFull"
  /** A batch repeats an id the stream has (error 10201). */
  | "DuplicateInBatch"
  /** The stream, or the message, is not there. */
  | "NotFound"
  /** The server is older than the topology's minimum. */
  | "TooOld"
  /** The server does not sync before it acknowledges, or its setting cannot be read. */
  | "NotDurable"
  /** The topology on the server differs from the declared one. */
  | "Drift"
  /** An answer that is not what the protocol promises. */
  | "Protocol"
  /** Any other refusal; `code` is the server's. */
  | "Refused"

const RETRYABLE: ReadonlySet<NatsErrorReason> = new Set(["Unavailable", "Timeout"])

export class NatsError extends Data.TaggedError("NatsError")<{
  readonly reason: NatsErrorReason
  readonly operation: string
  readonly detail: string
  readonly code?: number
}> {
  get retryable(): boolean {
    return RETRYABLE.has(this.reason)
  }
  override get message(): string {
    const code = this.code === undefined ? "" : ` (${this.code})`
    return `${this.operation}: ${this.reason}${code}: ${this.detail}`
  }
}

const REASON_OF_CODE: ReadonlyMap<number, NatsErrorReason> = new Map([
  [10_071, "WrongLastSequence"],
  [10_164, "WrongLastSequence"],
  [10_077, "SubjectFull"],
  [10_201, "DuplicateInBatch"],
  [10_014, "NotFound"],
  [10_037, "NotFound"],
  [10_059, "NotFound"],
  [10_008, "Unavailable"],
  [10_039, "Unavailable"],
  [10_076, "Unavailable"],
  // Another publication of the same id is being stored: asked again, it is stored or known as a duplicate.
  [10_158, "Unavailable"]
])

const reasonOfCode = (code: number | undefined): NatsErrorReason =>
  (code === undefined ? undefined : REASON_OF_CODE.get(code)) ?? "Refused"

/** The error of an answer that carries a JetStream error code. */
export const natsErrorOfCode = (operation: string, code: number | undefined, detail: string): NatsError =>
  new NatsError({ operation, detail, reason: reasonOfCode(code), ...(code === undefined ? {} : { code }) })

const classify = (cause: Error): NatsErrorReason | undefined => {
  if (cause instanceof errors.TimeoutError) return "Timeout"
  if (cause instanceof errors.PermissionViolationError || cause instanceof errors.AuthorizationError) return "Forbidden"
  if (
    cause instanceof errors.NoRespondersError ||
    cause instanceof errors.ClosedConnectionError ||
    cause instanceof errors.DrainingConnectionError ||
    cause instanceof errors.ConnectionError ||
    // Not exported as a class; it stands for "no responders" on a stream's subject.
    cause.name === "JetStreamNotEnabled"
  ) {
    return "Unavailable"
  }
  if (cause.cause instanceof Error) return classify(cause.cause)
  // Node's own network errors name themselves by code.
  return "code" in cause && typeof cause.code === "string" && cause.code.startsWith("E") ? "Unavailable" : undefined
}

/** Maps what nats.js throws by the classes and codes of its errors, never by their sentences. */
export const natsErrorOf =
  (operation: string) =>
  (cause: unknown): NatsError => {
    if (cause instanceof NatsError) return cause
    if (!(cause instanceof Error))
      return new NatsError({ operation, reason: "Protocol", detail: "not an error object" })
    const code = "code" in cause && typeof cause.code === "number" ? cause.code : undefined
    const reason = classify(cause)
    return reason === undefined
      ? natsErrorOfCode(operation, code, cause.message)
      : new NatsError({ operation, reason, detail: cause.message })
  }
