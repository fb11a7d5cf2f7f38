/** How a failed command ends for the person who started it: what went wrong in a line, and the exit code. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"

/** What the person made or met is told as a sentence; only a defect of this program shows where it happened. */
const linesOf = (reason: Cause.Reason<unknown>): ReadonlyArray<string> => {
  switch (reason._tag) {
    case "Fail":
      // The parser has shown its own errors, with the command's help.
      if (CliError.isCliError(reason.error)) return []
      return [reason.error instanceof Error ? reason.error.message : String(reason.error)]
    case "Die":
      return [`a defect of this program: ${Cause.pretty(Cause.fromReasons([reason]))}`]
    case "Interrupt":
      return []
    default:
      return []
  }
}

/** The lines to print for a failure; none when nothing is left to say. */
export const failureLines = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => [
  ...new Set(cause.reasons.flatMap(linesOf))
]
