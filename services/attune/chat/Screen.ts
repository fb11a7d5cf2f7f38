/**
 * The terminal: lines come in, lines go out, and what is being typed stays at the bottom. Where standard input is no
 * terminal, there is no prompt and the end of the input is an end.
 */
import { createInterface, cursorTo, clearLine } from "node:readline"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Cause from "effect/Cause"
import type * as Scope from "effect/Scope"
import { paint } from "./renderMessage.ts"

export interface Screen {
  readonly colours: boolean
  /** What the person enters, until the input ends. */
  readonly lines: Queue.Dequeue<string, Cause.Done>
  /** Prints above what is being typed. */
  readonly print: (text: string) => void
  /** Says something about the conversation that is no part of it: kept out of standard output where that is a pipe. */
  readonly note: (text: string) => void
  /** Shows in the prompt how many messages are on their way. */
  readonly showPending: (count: number) => void
}

const promptOf = (colours: boolean, pending: number): string =>
  pending === 0 ? "> " : paint(colours, "yellow", `(${pending} on the way) > `)

/** Takes standard input and output for as long as the scope lives. Ctrl-C there is the process's own. */
export const openScreen: Effect.Effect<Screen, never, Scope.Scope> = Effect.gen(function* () {
  const { stdin, stdout } = process
  const isTerminal = stdin.isTTY && stdout.isTTY
  const colours = stdout.isTTY && stdout.hasColors() && process.env["NO_COLOR"] === undefined
  const lines = yield* Queue.unbounded<string, Cause.Done>()
  const reader = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createInterface({ input: stdin, terminal: isTerminal, ...(isTerminal ? { output: stdout } : {}) })
    ),
    (open) =>
      Effect.sync(() => {
        open.close()
        if (isTerminal) stdout.write("\n")
      })
  )
  reader.on("line", (line) => Queue.offerUnsafe(lines, line))
  reader.on("close", () => Queue.endUnsafe(lines))
  // In raw mode the terminal sends no signal by itself.
  reader.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
  // A reader that went away (a closed pipe) is the end of the conversation, not a fault.
  stdout.on("error", () => process.kill(process.pid, "SIGTERM"))

  reader.setPrompt(promptOf(colours, 0))
  if (isTerminal) reader.prompt()
  const print = (text: string): void => {
    if (!isTerminal) stdout.write(`${text}\n`)
    else {
      cursorTo(stdout, 0)
      clearLine(stdout, 0)
      stdout.write(`${text}\n`)
      reader.prompt(true)
    }
  }
  return {
    colours,
    lines,
    print,
    note: (text) => {
      if (isTerminal) print(paint(colours, "dim", text))
      else process.stderr.write(`${text}\n`)
    },
    showPending: (count) => {
      if (!isTerminal) return
      reader.setPrompt(promptOf(colours, count))
      reader.prompt(true)
    }
  }
})
