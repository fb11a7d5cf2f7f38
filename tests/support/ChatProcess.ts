/** The terminal client as a process of its own, its standard input a pipe: a person who types, seen by what is printed. */
import { spawn } from "node:child_process"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

export interface ChatOptions {
  /** `ws://127.0.0.1:port` */
  readonly url: string
  readonly user: string
  readonly room?: string
}

export interface Chat {
  readonly pid: number
  readonly say: (line: string) => void
  /** What was printed, line by line, as `<sign> <who>: <text>[ ✓]`: the time at the front is left out. */
  readonly lines: () => ReadonlyArray<string>
  /** What it told about the conversation itself. */
  readonly notes: () => string
  /** Resolves when `line` was printed. */
  readonly sees: (line: string) => Promise<void>
  readonly notices: (text: string) => Promise<void>
  /** Ends the input and resolves with the exit code. */
  readonly leave: () => Promise<number | null>
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
}

const root = fileURLToPath(new URL("../..", import.meta.url))
const WITHIN_MS = 30_000

export const startChat = ({ room = "lobby", url, user }: ChatOptions): Chat => {
  const args = ["services/attune/main.ts", "chat", "--room", room, "--user", user, "--url", url]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["pipe", "pipe", "pipe"] })
  let printed = ""
  let notes = ""
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (notes += chunk.toString()))
  // Typing to a client that has ended is no fault of the test's.
  child.stdin.on("error", () => undefined)
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code))
  })
  const lines = () =>
    printed
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.slice("12:00:00 ".length))
  const until = async (isThere: () => boolean, what: string): Promise<void> => {
    const deadline = performance.now() + WITHIN_MS
    while (!isThere()) {
      if (performance.now() > deadline) throw new Error(`${user} never saw ${what}, but:\n${printed}${notes}`)
      await delay(10)
    }
  }
  return {
    pid: child.pid ?? 0,
    say: (line) => child.stdin.write(`${line}\n`),
    lines,
    notes: () => notes,
    sees: (line) => until(() => lines().includes(line), line),
    notices: (text) => until(() => notes.includes(text), text),
    leave: () => {
      child.stdin.end()
      return ended
    },
    end: (signal) => {
      child.kill(signal)
      return ended
    }
  }
}
