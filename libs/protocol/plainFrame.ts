/**
 * What a client may send in plain mode: one JSON object a text frame, `{"room_id","user_id","text","client_id"?}`. Fields
 * it does not know are ignored, so that a client may send what a newer server understands.
 */
import { isUtf8 } from "node:buffer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import type { MessageText } from "#libs/domain/MessageText.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { decodeField } from "./decodeField.ts"
import { clientIdField, roomField, textField, userField } from "./fields.ts"
import type { ProtocolError } from "./ProtocolError.ts"

/** Largest frame that is looked at, in bytes: the longest acceptable message fits, also with every character escaped. */
export const MAX_FRAME_BYTES = 64 * 1024

/** A message somebody wants to say in a room. */
export interface PlainSend {
  readonly room: RoomId
  readonly user: UserId
  readonly text: MessageText
  /** Without one, the message cannot be recognised when it is sent again. */
  readonly clientId?: ClientMessageId
}

const Fields = Schema.Struct({
  room_id: Schema.optionalKey(Schema.Unknown),
  user_id: Schema.optionalKey(Schema.Unknown),
  text: Schema.optionalKey(Schema.Unknown),
  client_id: Schema.optionalKey(Schema.Unknown)
})
const decodeFields = Schema.decodeUnknownResult(Fields)

const refuse = (code: ProtocolError["code"], message: string) => Result.fail<ProtocolError>({ code, message })

const parseJson = (text: string): Result.Result<unknown, ProtocolError> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    // The parser's own message quotes the text.
    return refuse("invalid_frame", "the frame is not JSON")
  }
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

/** Reads one frame. `user` stands for a missing `user_id`: whoever the connection's address named. */
export const decodePlainFrame = (
  data: Buffer,
  isBinary: boolean,
  user?: UserId
): Result.Result<PlainSend, ProtocolError> => {
  if (isBinary) return refuse("unsupported", "binary frames are not taken; send JSON in a text frame")
  if (data.length > MAX_FRAME_BYTES) {
    return refuse("too_large", `a frame may have at most ${MAX_FRAME_BYTES} bytes; send a shorter text`)
  }
  if (!isUtf8(data)) return refuse("invalid_frame", "the frame is not valid UTF-8")
  const parsed = parseJson(data.toString("utf8"))
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
  const fields = isObject(parsed.success) ? decodeFields(parsed.success) : undefined
  if (fields === undefined || Result.isFailure(fields)) {
    return refuse("invalid_frame", "the frame must be one JSON object with room_id, user_id and text")
  }
  return decodeSend(fields.success, user)
}

const decodeSend = (fields: typeof Fields.Type, known: UserId | undefined): Result.Result<PlainSend, ProtocolError> => {
  const id = fields.client_id === undefined ? undefined : decodeField(clientIdField, fields.client_id)
  if (id !== undefined && Result.isFailure(id)) return Result.fail(id.failure)
  const clientId = id === undefined ? {} : { clientId: id.success }
  const about = (error: ProtocolError) => Result.fail({ ...error, ...clientId })

  const room = decodeField(roomField, fields.room_id)
  if (Result.isFailure(room)) return about(room.failure)
  const user = decodeField(userField, fields.user_id ?? known)
  if (Result.isFailure(user)) return about(user.failure)
  const text = decodeField(textField, fields.text)
  if (Result.isFailure(text)) return about(text.failure)
  return Result.succeed({ room: room.success, user: user.success, text: text.success, ...clientId })
}
