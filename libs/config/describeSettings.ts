/** The table of settings as people read it: for `attune help`, and as the Markdown of docs/operations.md. Pure. */
import { defaultOf, type Setting } from "./Setting.ts"
import { settings } from "./settings.ts"

const all: ReadonlyArray<Setting<unknown>> = Object.values(settings)

const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

const WIDTH = 92
const INDENT = "      "

/** Plain text: every setting with its variable, flag, default, meaning, what it accepts and who uses it. */
export const settingsHelp = (): string =>
  all
    .map((setting) =>
      [
        `  ${setting.env}   --${setting.flag}   (default: ${defaultOf(setting)})`,
        ...wrap(setting.meaning, WIDTH).map((line) => INDENT + line),
        ...wrap(`Takes ${setting.allowed}. Used by: ${setting.usedBy.join(", ")}.`, WIDTH).map((line) => INDENT + line)
      ].join("\n")
    )
    .join("\n")

const cell = (text: string): string => text.replaceAll("|", "\\|")

/** A Markdown table of the same. */
export const settingsTable = (): string =>
  [
    "| variable | flag | default | takes | meaning |",
    "|---|---|---|---|---|",
    ...all.map(
      (setting) =>
        `| \`${setting.env}\` | \`--${setting.flag}\` | ${cell(defaultOf(setting))} | ${cell(setting.allowed)} | ${cell(setting.meaning)} |`
    )
  ].join("\n")
