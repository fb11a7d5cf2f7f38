/** The texts of a file of messages: a table, JSON lines, or plain lines. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { hasForbiddenControl } from "#libs/domain/controlCharacters.ts"

export interface Texts {
  readonly form: "tsv" | "jsonl" | "lines"
  readonly texts: ReadonlyArray<string>
  /** Lines without a text in them. */
  readonly skipped: number
  /** Texts that lost control characters, which no message may hold; files converted badly are full of them. */
  readonly cleaned: number
}

const COLUMN_NAMES = new Set(["text", "message", "body", "content", "tweet", "sentence"])

const JsonLine = Schema.fromJsonString(Schema.Struct({ text: Schema.String }))
const decodeJsonLine = Schema.decodeUnknownResult(JsonLine)

const formOf = (name: string, first: string): Texts["form"] => {
  if (/\.(?:jsonl|ndjson)$/i.test(name) || first.startsWith("{")) return "jsonl"
  return /\.tsv$/i.test(name) || first.includes("\t") ? "tsv" : "lines"
}

/** The column with the longest cells: in a table of messages that is the message. */
const widestColumn = (rows: ReadonlyArray<ReadonlyArray<string>>): number => {
  const widths: Array<number> = []
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = (widths[index] ?? 0) + cell.length
  return widths.indexOf(Math.max(...widths))
}

const ofTable = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const rows = lines.map((line) => line.split("\t"))
  const header = (rows[0] ?? []).map((cell) => cell.trim().toLowerCase())
  const named = header.findIndex((cell) => COLUMN_NAMES.has(cell))
  const body = named === -1 ? rows : rows.slice(1)
  const column = named === -1 ? widestColumn(rows) : named
  return body.map((row) => row[column] ?? "")
}

const ofJsonLines = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line) => Result.match(decodeJsonLine(line), { onFailure: () => "", onSuccess: ({ text }) => text }))

const withoutControls = (text: string): string =>
  hasForbiddenControl(text)
    ? Array.from(text)
        .filter((letter) => !hasForbiddenControl(letter))
        .join("")
    : text

/** Reads a file's content; its name and first line tell its form. A table's column is named in a header or the widest. */
export const readTexts = (name: string, content: string): Texts => {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "")
  const form = formOf(name, lines[0] ?? "")
  const found = form === "tsv" ? ofTable(lines) : form === "jsonl" ? ofJsonLines(lines) : lines
  const texts = found.map((text) => withoutControls(text).trim()).filter((text) => text !== "")
  const cleaned = found.filter(hasForbiddenControl).length
  return { form, texts, skipped: found.length - texts.length, cleaned }
}
