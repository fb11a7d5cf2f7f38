import { describe, expect, it } from "vitest"
import { jsonLine, type LogEntry, prettyLine } from "./logLine.ts"

const entry: LogEntry = {
  date: new Date(Date.UTC(2026, 10, 22, 12, 30, 5, 7)),
  level: "Warn",
  message: "a lease was\nlost",
  annotations: { partition: 7, service: "analyzer" },
  cause: undefined
}

describe("a log line", () => {
  it("is one JSON object on one line for machines", () => {
    const line = jsonLine(entry)
    expect(line).not.toContain("\n")
    expect(JSON.parse(line)).toEqual({
      time: "2026-11-22T12:30:05.007Z",
      level: "warn",
      message: "a lease was\nlost",
      partition: 7,
      service: "analyzer"
    })
  })

  it("carries the failure it is about", () => {
    const cause = "NatsError: connect"
    expect(jsonLine({ ...entry, cause })).toContain('"cause":"NatsError: connect"')
    expect(prettyLine({ ...entry, cause }).endsWith("\nNatsError: connect")).toBe(true)
  })

  it("names time, level and what is known for people", () => {
    const line = prettyLine(entry)
    for (const part of ["12:30:05.007", "warn", "a lease was", "partition=7", "service=analyzer"]) {
      expect(line).toContain(part)
    }
  })
})
