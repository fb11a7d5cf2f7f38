/**
 * Every error a client can be given, as data: whether the same thing may be tried again, and whether the socket stays open
 *. The same codes hold in all modes of the protocol.
 */
import * as Schema from "effect/Schema"

export const ErrorCode = Schema.Literals([
  "invalid_frame",
  "invalid_room",
  "invalid_user",
  "invalid_text",
  "too_large",
  "rate_limited",
  "forbidden",
  "unauthenticated",
  "unavailable",
  "conflict",
  "unsupported",
  "internal"
])
export type ErrorCode = typeof ErrorCode.Type

export interface ErrorRow {
  /** The same frame, sent again later, may be accepted. */
  readonly retryable: boolean
  readonly socket: "stays open" | "is closed"
  readonly meaning: string
}

export const errorCodes: Readonly<Record<ErrorCode, ErrorRow>> = {
  invalid_frame: {
    retryable: false,
    socket: "stays open",
    meaning: "The frame, or the address, is not what the protocol asks for; the message names the field."
  },
  invalid_room: { retryable: false, socket: "stays open", meaning: "The room's name is missing or not a room's name." },
  invalid_user: { retryable: false, socket: "stays open", meaning: "The user's name is missing or not acceptable." },
  invalid_text: {
    retryable: false,
    socket: "stays open",
    meaning: "The text is missing, empty, too long, or holds control characters."
  },
  too_large: { retryable: false, socket: "stays open", meaning: "The frame is larger than a frame may be." },
  rate_limited: {
    retryable: true,
    socket: "stays open",
    meaning: "This user sends too fast; the next message can be admitted after `retry_after_ms`."
  },
  forbidden: { retryable: false, socket: "stays open", meaning: "Understood, and not allowed." },
  unauthenticated: { retryable: false, socket: "is closed", meaning: "Who this is could not be established." },
  unavailable: {
    retryable: true,
    socket: "stays open",
    meaning: "Something the answer needs is away for now; the message says whether the outcome is unknown."
  },
  conflict: {
    retryable: false,
    socket: "stays open",
    meaning: "The `client_id` was used before for another room or text."
  },
  unsupported: { retryable: false, socket: "stays open", meaning: "This server does not do what was asked." },
  internal: { retryable: false, socket: "stays open", meaning: "A fault of the server; operators see it in the log." }
}
