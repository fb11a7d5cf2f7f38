/**
 * The engine's side of its thread. Each text is answered as soon as it is scored, so that what was done before a text
 * that the engine gets stuck on is not lost with it.
 *
 * It loads next to nothing: a thread that takes the place of a stuck one must be up within the deadline (ADR 0008). Both
 * ends are this build's own; the other end checks the scores.
 */
import { parentPort } from "node:worker_threads"
import type { Annotation } from "#libs/domain/Annotation.ts"

/** From the sequencer: score these, in order. */
export interface EngineCall {
  readonly id: number
  readonly texts: ReadonlyArray<string>
}

/** To the sequencer: `Ready` once, then one answer a text; without an annotation where scoring threw. */
export type EngineReply =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Scored"; readonly id: number; readonly index: number; readonly annotation?: Annotation }

/** Serves a scoring function from a worker thread; called once, by the module the thread is started with. */
export const serveEngine = (score: (text: string) => Annotation): void => {
  const port = parentPort
  if (port === null) throw new Error("serveEngine runs in a worker thread only")
  const reply = (message: EngineReply) => port.postMessage(message)
  const answer = (text: string): { readonly annotation?: Annotation } => {
    try {
      return { annotation: score(text) }
    } catch {
      // Without scores, and without the error: it may quote the text.
      return {}
    }
  }
  port.on("message", ({ id, texts }: EngineCall) => {
    for (const [index, text] of texts.entries()) reply({ _tag: "Scored", id, index, ...answer(text) })
  })
  reply({ _tag: "Ready" })
}
