/** The fields a client may send, each with the code of its errors; shared by the address and the frames. */
import * as Schema from "effect/Schema"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { MessageText } from "#libs/domain/MessageText.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { UserId } from "#libs/domain/UserId.ts"
import type { FieldRule } from "./decodeField.ts"

export const roomField: FieldRule<RoomId> = {
  name: "room_id",
  code: "invalid_room",
  decode: Schema.decodeUnknownResult(RoomId),
  hint: "must be 1 to 64 of the characters A-Z a-z 0-9 _ -"
}

export const userField: FieldRule<UserId> = {
  name: "user_id",
  code: "invalid_user",
  decode: Schema.decodeUnknownResult(UserId)
}

export const textField: FieldRule<MessageText> = {
  name: "text",
  code: "invalid_text",
  decode: Schema.decodeUnknownResult(MessageText)
}

export const clientIdField: FieldRule<ClientMessageId> = {
  name: "client_id",
  code: "invalid_frame",
  decode: Schema.decodeUnknownResult(ClientMessageId)
}
