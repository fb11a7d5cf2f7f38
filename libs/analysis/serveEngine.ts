/**
 * The engine's side of its thread. Each text is answered as soon as it is scored, so that what was done before a text
 * that the engine gets stuck on is not lost with it.
 */
import { parentPort } from "node:worker_threads"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Annotation } from "#libs/domain/Annotation.ts"

/** From the sequencer: score these, in order. */
export const EngineCall = Schema.Struct({ id: Schema.Natural, texts: Schema.Array(Schema.String) })
export type EngineCall = typeof EngineCall.Type

/** To the sequencer: `Ready` once, then one answer a text; without an annotation where scoring threw. */
export const EngineReply = Schema.Union([
  Schema.TaggedStruct("Ready", {}),
  Schema.TaggedStruct("Scored", {
    id: Schema.Natural,
    index: Schema.Natural,
    annotation: Schema.optionalKey(Annotation)
  })
])
export type EngineReply = typeof EngineReply.Type

const decodeCall = Schema.decodeUnknownResult(EngineCall)

/** Serves a scoring function from a worker thread; called once, by the module the thread is started with. */
export const serveEngine = (score: (text: string) => Annotation): void => {
  const port = parentPort
  if (port === null) throw new Error("serveEngine runs in a worker thread only")
  const reply = (message: EngineReply) => port.postMessage(message)
  port.on("message", (message: unknown) => {
    const call = decodeCall(message)
    if (Result.isFailure(call)) throw new Error("not a call of the engine")
    const { id, texts } = call.success
    for (const [index, text] of texts.entries()) {
      const scored = Result.try(() => score(text))
      reply({ _tag: "Scored", id, index, ...(Result.isSuccess(scored) ? { annotation: scored.success } : {}) })
    }
  })
  reply({ _tag: "Ready" })
}
