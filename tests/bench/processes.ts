/** Starts what is measured as processes of their own, and reads their processor time and memory from the kernel. */
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4_096
const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Measured {
  readonly name: string
  readonly pid: number
}

/** User and system seconds a process has used so far. */
export const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process in bytes. */
export const residentBytes = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES

const childrenOf = (pid: number): ReadonlyArray<number> =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number)
  )

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "latin1").trim()

/** All processes under one, by name. */
export const descendants = (pid: number): ReadonlyArray<Measured> =>
  childrenOf(pid).flatMap((child) => [{ name: commandOf(child), pid: child }].concat(descendants(child)))

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject()))
    })
  })

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once("exit", () => resolve())
  })

const waitForOk = async (url: string, child: ChildProcess, log: () => string): Promise<void> => {
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended before it was ready:\n${log()}`)
    try {
      if ((await fetch(url)).status === 200) return
    } catch {
      // Not listening yet: that is what is being waited for.
    }
    await delay(50)
  }
  throw new Error(`not ready in a minute:\n${log()}`)
}

export interface Server {
  readonly port: number
  readonly pid: number
  /** The server and everything it started. */
  readonly processes: () => ReadonlyArray<Measured>
  readonly stop: () => Promise<void>
}

const start = async (
  name: string,
  argv: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  ready: string
): Promise<Server> => {
  const port = await freePort()
  const dataDir = mkdtempSync(join(tmpdir(), "attune-bench-"))
  let log = ""
  const child = spawn(process.execPath, [...argv], {
    cwd: root,
    env: { ...process.env, ...env, ATTUNE_PORT: String(port), ATTUNE_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4_000)
  }
  child.stdout.on("data", keep)
  child.stderr.on("data", keep)
  const pid = child.pid
  if (pid === undefined) throw new Error(`could not start ${name}`)
  const stop = async () => {
    child.kill("SIGTERM")
    await ended(child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    await waitForOk(`http://127.0.0.1:${port}${ready}`, child, () => log)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, pid, stop, processes: () => [{ name, pid }, ...descendants(pid)] }
}

/** Attune as an operator starts it, with limits far above what is sent. */
export const startGateway = (): Promise<Server> =>
  start(
    "attune",
    ["services/attune/main.ts", "up"],
    { ATTUNE_RATE_MAX_EVENTS: "10000", ATTUNE_RATE_PER_SECONDS: "1", ATTUNE_LOG_LEVEL: "warn" },
    "/readyz"
  )

/** The floor: the same sockets and frames, and no storage, scores, limits or order across processes. */
export const startBareWs = (): Promise<Server> => start("bare ws", ["tests/bench/floors/bareWs.ts"], {}, "/")
