/**
 * One life of a nats-server child: spawned under watchdog.sh, ready when its port answers, ended with its scope.
 *
 * Promises: the child is in its own process group, so the terminal's Ctrl-C does not reach it; it never outlives this
 * process, however this process ends; closing the scope ends it within `STOP_SECONDS` and a little.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createConnection } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** Seconds from the polite signal to SIGKILL; a broker with a large store needs about one to close its files. */
const STOP_SECONDS = 3

const watchdog = fileURLToPath(new URL("watchdog.sh", import.meta.url))

/** The broker did not come up. `output` is the end of what it said on its standard error. */
export class BrokerNotStarted extends Data.TaggedError("BrokerNotStarted")<{
  readonly reason: string
  readonly output: string
  readonly retryable: boolean
}> {
  override get message(): string {
    return this.output === "" ? this.reason : `${this.reason}\n${this.output}`
  }
}

export interface BrokerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface BrokerProcess {
  /** The broker's own process id, not its watchdog's. */
  readonly pid: number
  readonly port: number
  readonly exited: Effect.Effect<BrokerExit>
}

export interface BrokerCommand {
  readonly binary: string
  readonly configFile: string
  readonly portsDir: string
  /** The port of 127.0.0.1; 0 for a free one. */
  readonly port: number
  readonly readyWithin: Duration.Input
}

const Ports = Schema.fromJsonString(Schema.Struct({ nats: Schema.NonEmptyArray(Schema.String) }))
const decodePorts = Schema.decodeUnknownOption(Ports)

/** Reads the file in which the broker says where it listens; none while it is missing or half written. */
export const readPorts = (dir: string): Option.Option<{ readonly pid: number; readonly port: number }> => {
  const name = readdirSync(dir).find((file) => /_\d+\.ports$/.test(file))
  if (name === undefined) return Option.none()
  return Option.map(decodePorts(readFileSync(join(dir, name), "utf8")), ({ nats: [url] }) => ({
    pid: Number(/_(\d+)\.ports$/.exec(name)?.[1]),
    port: Number(new URL(url).port)
  }))
}

const answers = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.succeed(false) }))

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // Nobody of the group is left, which is what was wanted.
  }
}

/** Starts the broker and waits until a client could connect. */
export const startBrokerProcess: (
  command: BrokerCommand
) => Effect.Effect<BrokerProcess, BrokerNotStarted, Scope.Scope> = Effect.fnUntraced(function* (command) {
  rmSync(command.portsDir, { recursive: true, force: true })
  mkdirSync(command.portsDir, { recursive: true, mode: 0o700 })

  const exit = yield* Deferred.make<BrokerExit>()
  let output = ""
  const notStarted = (reason: string) => new BrokerNotStarted({ reason, output: output.trim(), retryable: true })

  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const broker = [command.binary, "-c", command.configFile, "-p", String(command.port === 0 ? -1 : command.port)]
      const child = spawn("/bin/sh", [watchdog, String(STOP_SECONDS), ...broker], {
        detached: true,
        stdio: ["pipe", "ignore", "pipe"]
      })
      child.stderr.on("data", (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-2000)
      })
      // Writing to a child that is gone raises here; its exit is what is acted upon.
      child.stdin.on("error", () => undefined)
      const done = (code: number | null, signal: NodeJS.Signals | null) => {
        killGroup(child)
        Deferred.doneUnsafe(exit, Effect.succeed({ code, signal }))
      }
      child.once("error", (error) => {
        output += error.message
        done(null, null)
      })
      child.once("exit", done)
      return child
    }),
    (child) =>
      Effect.sync(() => child.stdin.end()).pipe(
        Effect.andThen(Deferred.await(exit)),
        Effect.timeoutOption(Duration.seconds(STOP_SECONDS + 1)),
        Effect.andThen(Effect.sync(() => killGroup(child))),
        Effect.andThen(Deferred.await(exit))
      )
  )

  const ready = Effect.gen(function* () {
    const ports = readPorts(command.portsDir)
    if (Option.isNone(ports) || !(yield* answers(ports.value.port))) return Option.none()
    return ports
  }).pipe(
    Effect.repeat({ schedule: Schedule.spaced("5 millis"), until: Option.isSome }),
    Effect.flatMap(Effect.fromOption),
    Effect.mapError(() => notStarted("no port was reported")),
    Effect.timeoutOrElse({
      duration: command.readyWithin,
      orElse: () => Effect.fail(notStarted("nats-server was not ready in time"))
    })
  )
  const died = Effect.flatMap(Deferred.await(exit), ({ code, signal }) =>
    Effect.fail(notStarted(`nats-server ended before it was ready (${signal ?? `exit code ${code}`})`))
  )
  const { pid, port } = yield* Effect.raceFirst(ready, died)
  return { pid, port, exited: Deferred.await(exit) }
})
