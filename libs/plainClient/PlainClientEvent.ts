/** What a plain-mode client tells its owner, and how it can fail. */
import * as Data from "effect/Data"
import type { ChatMessage, ServerError } from "./incomingFrame.ts"

export type PlainClientEvent =
  | { readonly _tag: "Connected" }
  | { readonly _tag: "Away"; readonly reason: string; readonly retryInMs: number }
  /** `repeated`: this client has handed on this or a later message of the room already. */
  | { readonly _tag: "Message"; readonly message: ChatMessage; readonly repeated: boolean }
  /** An error that is about none of this client's messages. */
  | { readonly _tag: "ServerError"; readonly error: ServerError }
  /** A message of ours was not taken now; it is sent again by itself. */
  | { readonly _tag: "SendsAgain"; readonly error: ServerError; readonly inMs: number }
  | { readonly _tag: "Unreadable" }

/** The server will never take this message as it is. */
export class SendRefused extends Data.TaggedError("SendRefused")<{ readonly error: ServerError }> {
  readonly retryable = false
  override get message(): string {
    return `${this.error.code}: ${this.error.message}`
  }
}

/** The server does not want this client, or does not speak plain mode at this address. */
export class ConnectionRefused extends Data.TaggedError("ConnectionRefused")<{ readonly reason: string }> {
  readonly retryable = false
  override get message(): string {
    return `the server refused the connection: ${this.reason}`
  }
}
