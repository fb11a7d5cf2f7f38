/** What the worker thread of the first engine is started with. */
import { serveEngine } from "./serveEngine.ts"
import { annotateWithVader } from "./vaderEngine.ts"

// The first scoring builds tables and compiles: better now than in the first message's time.
annotateWithVader("Warming up is not bad at all!")
serveEngine(annotateWithVader)
