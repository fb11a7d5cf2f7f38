import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Author } from "./Author.ts"
import { ClientMessageId } from "./ClientMessageId.ts"
import { derivedEventId, submissionEventId } from "./EventId.ts"
import { lengthPrefixed } from "./lengthPrefixed.ts"

const author = Author.make("AAAAAAAAAAAAAAAAAAAAAA")
const other = Author.make("BBBBBBBBBBBBBBBBBBBBBB")

describe("event ids", () => {
  it("are the same for the same author and client message id", () => {
    expect(submissionEventId(author, ClientMessageId.make("m1"))).toBe(
      submissionEventId(author, ClientMessageId.make("m1"))
    )
  })

  it("differ between authors who chose the same client message id", () => {
    expect(submissionEventId(author, ClientMessageId.make("m1"))).not.toBe(
      submissionEventId(other, ClientMessageId.make("m1"))
    )
  })

  it("differ between epochs, so that a restored log does not repeat the ids of the lost one", () => {
    expect(derivedEventId("MessageAnnotated", "one", 7)).not.toBe(derivedEventId("MessageAnnotated", "two", 7))
  })

  it("never collide by moving characters from one part to the next", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (left, right) => {
        const sameBytes = lengthPrefixed(left).equals(lengthPrefixed(right))
        const sameParts =
          left.length === right.length && left.every((part, index) => toUtf8(part) === toUtf8(right[index]))
        expect(sameBytes).toBe(sameParts)
      })
    )
  })
})

// Lone surrogates become the same replacement bytes; validated ids never hold one.
const toUtf8 = (value: string | undefined): string => Buffer.from(value ?? "", "utf8").toString("hex")
