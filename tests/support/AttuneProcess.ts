/**
 * The real command as a process of its own, as an operator starts it: `attune up` on a temporary data folder and a free
 * port, unless a test says otherwise. Ready when `/readyz` is.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

export interface AttuneOptions {
  /** A temporary folder, removed by `remove`, when left out. */
  readonly dataDir?: string
  readonly env?: Readonly<Record<string, string>>
  /** `up` when left out. */
  readonly args?: ReadonlyArray<string>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Attune {
  readonly pid: number
  readonly dataDir: string
  /** `http://127.0.0.1:port` */
  readonly http: string
  /** `ws://127.0.0.1:port/ws/chat` */
  readonly chat: string
  /** All it printed so far, on both streams. */
  readonly output: () => string
  /** Sends a signal and resolves when the process is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>
  /** Removes its temporary folder; it must have ended. */
  readonly remove: () => void
}

const root = fileURLToPath(new URL("../..", import.meta.url))
const READY_WITHIN_MS = 30_000

/** Runs the command to its end: for starts that are refused. */
export const runAttune = async (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Ended & { readonly output: string }> => {
  const { child, ended, output } = launch(args, env)
  child.stdin.end()
  return { ...(await ended), output: output() }
}

const launch = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, ["services/attune/main.ts", ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"]
  })
  let output = ""
  const keep = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on("data", keep)
  child.stderr.on("data", keep)
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }))
  })
  return { child, ended, output: () => output }
}

export const startAttune = async ({ args = ["up"], dataDir, env = {} }: AttuneOptions = {}): Promise<Attune> => {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), "attune-up-"))
  const { child, ended, output } = launch(args, { ATTUNE_PORT: "0", ATTUNE_DATA_DIR: folder, ...env })
  const end = async (signal: NodeJS.Signals): Promise<Ended> => {
    child.kill(signal)
    return ended
  }
  const remove = () => {
    if (dataDir === undefined) rmSync(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + READY_WITHIN_MS
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    // It prints its address, or that of its probes, only when a message sent now would reach its room.
    const host = /(?:ws|http):\/\/(127\.0\.0\.1:\d+)\/(?:ws\/chat|readyz)/.exec(output())?.[1]
    if (host !== undefined && child.pid !== undefined) {
      return {
        pid: child.pid,
        dataDir: folder,
        http: `http://${host}`,
        chat: `ws://${host}/ws/chat`,
        output,
        end,
        remove
      }
    }
    await delay(20)
  }
  await end("SIGKILL")
  remove()
  throw new Error(`attune ${args.join(" ")} did not become ready:\n${output()}`)
}
