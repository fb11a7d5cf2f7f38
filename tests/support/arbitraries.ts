/** Domain values for property tests. */
import * as fc from "fast-check"
import * as Schema from "effect/Schema"
import { Sentiment } from "#libs/domain/Annotation.ts"
import { Author } from "#libs/domain/Author.ts"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { MessageText } from "#libs/domain/MessageText.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { KeyId } from "#libs/events/SealedValue.ts"

const base64url = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString("base64url"))

export const nonces = fc.uint8Array({ minLength: 12, maxLength: 12 })
export const eventIds = base64url(32).map((value) => EventId.make(value))
export const authors = base64url(16).map((value) => Author.make(value))
export const keyIds = fc.tuple(base64url(16), base64url(8)).map(([slot, random]) => KeyId.make(`${slot}.${random}`))
export const rooms = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((value) => RoomId.make(value))
const users = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter(Schema.is(UserId))
const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }).filter(Schema.is(MessageText))
const clientIds = fc.string({ minLength: 1, maxLength: 40 }).filter(Schema.is(ClientMessageId))
export const sealedMessages = fc.record({ user_id: users, text: texts, client_id: clientIds })

/** Sealed by nobody: the right form, which is all that a codec looks at. */
export const sealedValues = fc.record({
  alg: fc.constant("A256GCM" as const),
  kid: keyIds,
  nonce: base64url(12),
  ct: fc.integer({ min: 16, max: 300 }).chain(base64url)
})

// JSON has no -0: the sum makes it 0.
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0)
export const annotations = fc.record({
  sentiment: fc.constantFrom(...Sentiment.literals),
  sentiment_score: between(-1, 1),
  crisis_probability: between(0, 1)
})

/** One value, for a test that needs any. */
export const some = <A>(values: fc.Arbitrary<A>): A => {
  for (const value of fc.sample(values, 1)) return value
  throw new Error("an arbitrary without values")
}
