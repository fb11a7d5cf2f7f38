/** One log entry as one line of text. Pure; that no text and no user id is in it is the promise of those who log (I12). */

export interface LogEntry {
  readonly date: Date
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  /** What failed, as text, when the entry is about a failure. */
  readonly cause: string | undefined
}

/** For machines: one JSON object. */
export const jsonLine = ({ annotations, cause, date, level, message }: LogEntry): string =>
  JSON.stringify({
    time: date.toISOString(),
    level: level.toLowerCase(),
    message,
    ...annotations,
    ...(cause === undefined ? {} : { cause })
  })

const COLOURS: Readonly<Record<string, string>> = { Debug: "2", Info: "36", Warn: "33", Error: "31", Fatal: "31" }

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

/** For people: the time of day, the level in colour, the message, then what is known beside it. */
export const prettyLine = ({ annotations, cause, date, level, message }: LogEntry): string => {
  const time = date.toISOString().slice(11, 23)
  const beside = Object.entries(annotations).map(([name, value]) => ` ${name}=${shown(value)}`)
  const label = `\u001b[${COLOURS[level] ?? "0"}m${level.toLowerCase().padEnd(5)}\u001b[0m`
  return `${time} ${label} ${message}\u001b[2m${beside.join("")}\u001b[0m${cause === undefined ? "" : `\n${cause}`}`
}
