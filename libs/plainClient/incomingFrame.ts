/** What a plain-mode server sends, as a client reads it: only what this client uses, unknown fields passed over. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Probability, Sentiment } from "#libs/domain/Annotation.ts"

/** A message of a room; the place in the room's order is `seq`. */
export const ChatMessage = Schema.Struct({
  room_id: Schema.String,
  user_id: Schema.String,
  text: Schema.String,
  sentiment: Schema.NullOr(Sentiment),
  crisis_probability: Schema.NullOr(Probability),
  created_at: Schema.String,
  seq: Schema.Natural,
  client_id: Schema.optionalKey(Schema.String),
  /** The answer to a message that was sent again and had been stored before. */
  duplicate: Schema.optionalKey(Schema.Boolean)
})
export type ChatMessage = typeof ChatMessage.Type

export const ServerError = Schema.Struct({
  type: Schema.Literal("error"),
  code: Schema.String,
  message: Schema.String,
  retryable: Schema.Boolean,
  retry_after_ms: Schema.optionalKey(Schema.Natural),
  client_id: Schema.optionalKey(Schema.String)
})
export type ServerError = typeof ServerError.Type

export type IncomingFrame =
  | { readonly _tag: "Message"; readonly message: ChatMessage }
  | { readonly _tag: "Error"; readonly error: ServerError }

/** The server said something this client does not understand: another protocol, or another version of it. */
export type Unreadable = "unreadable"

const decodeFrame = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Union([ServerError, ChatMessage])))

export const readFrame = (text: string): Result.Result<IncomingFrame, Unreadable> =>
  Result.mapBoth(decodeFrame(text), {
    onFailure: () => "unreadable" as const,
    onSuccess: (frame): IncomingFrame =>
      "type" in frame ? { _tag: "Error", error: frame } : { _tag: "Message", message: frame }
  })
