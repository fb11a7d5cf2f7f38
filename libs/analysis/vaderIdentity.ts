import type { AnalyzerIdentity } from "./Analyzer.ts"

/** The first engine, apart from its code, so that naming it does not load the lexicon. Versioned by what scores depend on. */
export const vaderIdentity: AnalyzerIdentity = { id: "vader-phrases", version: "1.1.3-1" }
