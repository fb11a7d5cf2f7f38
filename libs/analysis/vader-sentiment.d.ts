/** The part of `vader-sentiment` 1.1.3 that is used; the package brings no types. */
declare module "vader-sentiment" {
  interface PolarityScores {
    readonly neg: number
    readonly neu: number
    readonly pos: number
    /** -1 (most negative) to 1 (most positive). */
    readonly compound: number
  }
  const vader: {
    readonly SentimentIntensityAnalyzer: { readonly polarity_scores: (text: string) => PolarityScores }
  }
  export default vader
}
