/** The id a client gives a message so that a retry is the same message (invariant I2): 1 to 128 bytes, no control characters. */
import * as Schema from "effect/Schema"
import { hasControlCharacter } from "./controlCharacters.ts"

const isAcceptable = (value: string): true | string => {
  if (value === "") return "must not be empty"
  if (!value.isWellFormed()) return "must be well-formed Unicode"
  if (hasControlCharacter(value)) return "must not contain control characters"
  return Buffer.byteLength(value) <= 128 || "must be at most 128 bytes of UTF-8"
}

export const ClientMessageId = Schema.String.check(Schema.makeFilter(isAcceptable)).pipe(
  Schema.brand("ClientMessageId")
)
export type ClientMessageId = typeof ClientMessageId.Type
