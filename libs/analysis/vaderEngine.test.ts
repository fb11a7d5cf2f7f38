import * as fc from "fast-check"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { Annotation } from "#libs/domain/Annotation.ts"
import { annotateWithVader } from "./vaderEngine.ts"

const decode = Schema.decodeUnknownResult(Annotation)

describe("annotateWithVader", () => {
  it.each([
    ["I love this, thank you so much!", "positive"],
    ["This is terrible and I hate it", "negative"],
    ["the door is on the left", "neutral"]
  ] as const)("reads the sentiment of: %s", (text, sentiment) => {
    expect(annotateWithVader(text).sentiment).toBe(sentiment)
  })

  it("gives a valid annotation for any text, and the same one each time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const annotation = annotateWithVader(text)
        expect(Result.isSuccess(decode(annotation))).toBe(true)
        expect(annotateWithVader(text)).toEqual(annotation)
      })
    )
  })
})
