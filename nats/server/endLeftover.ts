/**
 * Ends a broker that an earlier run left on this folder, before a new one is spawned: two brokers on one store lose
 * acknowledged messages, and the broker itself does not lock its store. The watchdog makes leftovers rare (it would
 * have to be killed together with its parent); the caller holds the data folder's lock, so nobody else wants this one.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { BrokerFolder } from "#nats/server/brokerFolder.ts"

/** A broker of an earlier run on the same store could not be ended, so none can be started. */
export class LeftoverBroker extends Data.TaggedError("LeftoverBroker")<{
  readonly pid: number
  readonly reason: string
  readonly retryable: false
}> {
  override get message(): string {
    return `a nats-server of an earlier run (process ${this.pid}) still uses this data folder: ${this.reason}`
  }
}

/** The command line of a living process; none when it is gone or cannot be looked at. */
const commandLine = (pid: number): Option.Option<string> => {
  try {
    if (process.platform === "linux")
      return Option.some(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "))
    return Option.some(execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" }))
  } catch {
    // Both say "no such process" by failing.
    return Option.none()
  }
}

/** The folder's own broker if it lives: the pid of its pid file, believed only when its command line names our file. */
const livingBroker = (folder: BrokerFolder): Option.Option<number> => {
  if (!existsSync(folder.pidFile)) return Option.none()
  const pid = Number(readFileSync(folder.pidFile, "utf8"))
  if (!Number.isSafeInteger(pid) || pid <= 1) return Option.none()
  const isOurs = Option.exists(commandLine(pid), (line) => line.includes(folder.configFile))
  return isOurs ? Option.some(pid) : Option.none()
}

const signal = (pid: number, name: NodeJS.Signals) =>
  Effect.try({
    try: () => process.kill(pid, name),
    catch: (cause) => new LeftoverBroker({ pid, reason: String(cause), retryable: false })
  })

const gone = (folder: BrokerFolder) =>
  Effect.sync(() => Option.isNone(livingBroker(folder))).pipe(
    Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: (isGone) => isGone }),
    Effect.timeoutOption("5 seconds"),
    Effect.map(Option.isSome)
  )

/** Ends the folder's leftover broker, politely first; answers its process id when there was one. */
export const endLeftover = Effect.fn("nats/server/endLeftover")(function* (folder: BrokerFolder) {
  const found = livingBroker(folder)
  if (Option.isNone(found)) return found
  const pid = found.value
  for (const name of ["SIGTERM", "SIGKILL"] as const) {
    // It may end between the look and the signal; then the signal's failure means nothing.
    yield* signal(pid, name).pipe(
      Effect.catchIf(
        () => Option.isNone(livingBroker(folder)),
        () => Effect.void
      )
    )
    if (yield* gone(folder)) return found
  }
  return yield* new LeftoverBroker({ pid, reason: "it does not end, not even by SIGKILL", retryable: false })
})
