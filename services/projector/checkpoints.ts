/**
 * Checkpoints of the read model in a thread of their own. SQLite makes them inside a commit otherwise: measured in the
 * process that also serves sockets, each held every message up for as long as two syncs of a busy disk take (ADR 0009).
 */
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const THREAD = new URL("./checkpointThread.ts", import.meta.url)

/** Makes checkpoints until the scope closes. One that fails is logged; the writer's own, rarer ones remain. */
export const makeCheckpoints = (file: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Effect.runForkWith(yield* Effect.context())
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const worker = new Worker(THREAD, { workerData: file })
        worker.unref()
        worker.on("error", (error) => {
          run(Effect.logWarning("checkpoints of the read model have stopped", error.message))
        })
        return worker
      }),
      (worker) => Effect.promise(() => worker.terminate())
    )
  })
