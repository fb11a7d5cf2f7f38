/** What an analyzer says of a text. Scores order and flag; they never act on their own. */
import * as Schema from "effect/Schema"

export const Sentiment = Schema.Literals(["negative", "neutral", "positive"])
export type Sentiment = typeof Sentiment.Type

export const Probability = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

export const Annotation = Schema.Struct({
  sentiment: Sentiment,
  /** -1 (most negative) to 1 (most positive). */
  sentiment_score: Schema.Finite.check(Schema.isBetween({ minimum: -1, maximum: 1 })),
  /** 0 to 1. */
  crisis_probability: Probability
})
export type Annotation = typeof Annotation.Type
