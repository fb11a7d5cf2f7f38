/** What a person writes: 1 to 4,000 code points, at most 16,000 bytes of UTF-8, not blank, no control characters. */
import * as Schema from "effect/Schema"
import { hasForbiddenControl } from "./controlCharacters.ts"

export const MAX_TEXT_CODE_POINTS = 4_000
export const MAX_TEXT_BYTES = 16_000

const countCodePoints = (value: string): number => {
  let count = 0
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    // The second half of a surrogate pair is not a code point of its own.
    if (code < 0xdc00 || code > 0xdfff) count++
  }
  return count
}

const isAcceptable = (value: string): true | string => {
  if (value.trim() === "") return "must not be empty"
  if (!value.isWellFormed()) return "must be well-formed Unicode"
  if (hasForbiddenControl(value)) return "must not contain control characters"
  if (countCodePoints(value) > MAX_TEXT_CODE_POINTS) return `must be at most ${MAX_TEXT_CODE_POINTS} characters`
  return Buffer.byteLength(value) <= MAX_TEXT_BYTES || `must be at most ${MAX_TEXT_BYTES} bytes of UTF-8`
}

export const MessageText = Schema.String.check(Schema.makeFilter(isAcceptable)).pipe(Schema.brand("MessageText"))
export type MessageText = typeof MessageText.Type
