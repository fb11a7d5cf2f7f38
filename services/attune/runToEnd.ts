/**
 * Runs a command as the process: a signal interrupts it and waits for its finalizers, no longer than the deadline; the
 * second signal does not wait. Exit 0 after a signal, since a stop that was asked for is not a failure.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { failureLines } from "./failureLines.ts"

/** Under the 5 s that a supervisor is promised, with room for the exit itself. */
const STOP_DEADLINE_MS = 4_700
const FORCED = 130

const teardown: Runtime.Teardown = (exit, onExit) =>
  onExit(
    Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
      ? Runtime.getErrorExitCode(Cause.squash(exit.cause))
      : 0
  )

const say = (line: string): void => {
  process.stderr.write(`attune: ${line}\n`)
}

const watchSignals = (): void => {
  let seen = 0
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      seen += 1
      if (seen > 1) process.exit(FORCED)
      setTimeout(() => {
        say("could not finish stopping in time; what is acknowledged is stored")
        process.exit(1)
      }, STOP_DEADLINE_MS).unref()
    })
  }
  // The terminal is gone: stop in the same way, rather than at once.
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
}

/** Runs `program` to its end and exits with its code. */
export const runToEnd = <E>(program: Effect.Effect<void, E>): void => {
  watchSignals()
  program.pipe(
    Effect.tapCause((cause) => Effect.sync(() => failureLines(cause).forEach(say))),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown })
  )
}
