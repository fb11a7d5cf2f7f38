/** The plaintext inside a message's sealed value: all that could tell who wrote, and what. */
import * as Schema from "effect/Schema"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { MessageText } from "#libs/domain/MessageText.ts"
import { UserId } from "#libs/domain/UserId.ts"

export const SealedMessage = Schema.Struct({
  user_id: UserId,
  text: MessageText,
  client_id: ClientMessageId
})
export type SealedMessage = typeof SealedMessage.Type
