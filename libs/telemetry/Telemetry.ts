/** How a process logs: one line an entry on standard error, so that standard output stays for people and pipes. */
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { jsonLine, type LogEntry, prettyLine } from "./logLine.ts"

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly format: "pretty" | "json"
}

const MINIMUM = { debug: "Debug", info: "Info", warn: "Warn", error: "Error" } as const

const textOf = (message: unknown): string => {
  if (typeof message === "string") return message
  if (Array.isArray(message)) return message.map(textOf).join(" ")
  return message instanceof Error ? message.message : JSON.stringify(message)
}

const entryOf = ({ cause, date, fiber, logLevel, message }: Logger.Options<unknown>): LogEntry => ({
  date,
  level: logLevel,
  message: textOf(message),
  annotations: fiber.getRef(References.CurrentLogAnnotations),
  cause: cause.reasons.length === 0 ? undefined : Cause.pretty(cause)
})

/** Replaces the default logger for everything below it. */
export const layerLogs = ({ format, level }: LogOptions): Layer.Layer<never> => {
  const lineOf = format === "json" ? jsonLine : prettyLine
  const logger = Logger.make<unknown, void>((options) => {
    process.stderr.write(`${lineOf(entryOf(options))}\n`)
  })
  return Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, MINIMUM[level]))
}
