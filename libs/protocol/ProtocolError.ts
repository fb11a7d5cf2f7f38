/** An error as it is told to a client. It never repeats what the client wrote, except for its own message id. */
import type { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { type ErrorCode, errorCodes } from "./errorCodes.ts"

export interface ProtocolError {
  readonly code: ErrorCode
  /** What is wrong and what to do about it, for people. */
  readonly message: string
  /** Milliseconds; exact where the code is `rate_limited`. */
  readonly retryAfterMs?: number
  /** The client's own id of the message this is about, if it gave an acceptable one. */
  readonly clientId?: ClientMessageId
}

/** The text of the frame that tells a client of an error: `{"type":"error",…}`. */
export const errorText = ({ code, message, retryAfterMs, clientId }: ProtocolError): string =>
  JSON.stringify({
    type: "error",
    code,
    message,
    retryable: errorCodes[code].retryable,
    retry_after_ms: retryAfterMs,
    client_id: clientId
  })
