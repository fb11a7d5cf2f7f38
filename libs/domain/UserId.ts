/**
 * The name a person is known by: free text, so never part of a subject, a log line, a metric or a file name.
 * At most 128 bytes of UTF-8, well formed, without control characters.
 */
import * as Schema from "effect/Schema"
import { hasControlCharacter } from "./controlCharacters.ts"

const MAX_BYTES = 128

const isAcceptable = (value: string): true | string => {
  if (value.trim() === "") return "must not be empty"
  if (!value.isWellFormed()) return "must be well-formed Unicode"
  if (hasControlCharacter(value)) return "must not contain control characters"
  return Buffer.byteLength(value) <= MAX_BYTES || `must be at most ${MAX_BYTES} bytes of UTF-8`
}

export const UserId = Schema.String.check(Schema.makeFilter(isAcceptable)).pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type
