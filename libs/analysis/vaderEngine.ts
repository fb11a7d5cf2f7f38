/** The first engine: VADER for sentiment, a small list of phrases for crisis. Pure and deterministic. */
import vader from "vader-sentiment"
import type { Annotation, Sentiment } from "#libs/domain/Annotation.ts"
import { crisisProbability } from "./crisisProbability.ts"

/** Where VADER's authors draw the line. */
const NEUTRAL_BELOW = 0.05

const sentimentOf = (score: number): Sentiment =>
  score >= NEUTRAL_BELOW ? "positive" : score <= -NEUTRAL_BELOW ? "negative" : "neutral"

export const annotateWithVader = (text: string): Annotation => {
  const score = vader.SentimentIntensityAnalyzer.polarity_scores(text).compound
  return { sentiment: sentimentOf(score), sentiment_score: score, crisis_probability: crisisProbability(text) }
}
