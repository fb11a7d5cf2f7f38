/**
 * The contract every engine that scores texts fulfils. It is asked by the sequencer, which never waits for it longer than
 * its deadline: what has no answer by then goes out without scores (invariant I11).
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Annotation } from "#libs/domain/Annotation.ts"

/** Names what produced a score, so that each can be traced. */
export interface AnalyzerIdentity {
  readonly id: string
  readonly version: string
}

export class Analyzer extends Context.Service<
  Analyzer,
  {
    readonly identity: AnalyzerIdentity
    /**
     * Scores texts within the engine's deadline; the answers stand in the texts' order. `undefined`: no score in time.
     * Never fails and never takes longer than the deadline, whatever the engine does.
     */
    readonly annotate: (texts: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Annotation | undefined>>
  }
>()("attune/analysis/Analyzer") {}
