/** Runs a program to its end, with a time limit, and answers what it printed. */
import { execFile } from "node:child_process"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** The program is missing, failed or took too long. `reason` is the last line it printed, or what became of it. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly command: string
  readonly reason: string
  readonly retryable: boolean
}> {
  override get message(): string {
    return `${this.command}: ${this.reason}`
  }
}

export interface Command {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? ""

/** The program's standard output. Interrupting ends the program. */
export const runCommand = (command: Command): Effect.Effect<string, CommandFailed> =>
  Effect.callback((resume, signal) => {
    const { args, cwd, env, program, timeoutMs } = command
    execFile(
      program,
      [...args],
      { ...(cwd === undefined ? {} : { cwd }), env, timeout: timeoutMs, killSignal: "SIGKILL", signal },
      (error, stdout, stderr) => {
        if (error === null) return resume(Effect.succeed(stdout))
        const said = error.killed === true ? `took longer than ${timeoutMs / 1000} s` : lastLine(stderr)
        const reason =
          error.code === "ENOENT" ? "there is no such program" : said === "" ? lastLine(error.message) : said
        resume(Effect.fail(new CommandFailed({ command: program, reason, retryable: error.killed === true })))
      }
    )
  })
