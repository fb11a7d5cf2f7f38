import { describe, expect, it } from "vitest"
import { settingsHelp, settingsTable } from "./describeSettings.ts"
import { defaultOf, type Setting } from "./Setting.ts"
import { settings } from "./settings.ts"

const all: ReadonlyArray<Setting<unknown>> = Object.values(settings)

describe("the help on settings", () => {
  it.each(all.map((setting) => [setting.env, setting] as const))("tells all of %s", (_, setting) => {
    const help = settingsHelp().replaceAll(/\s+/g, " ")
    const table = settingsTable()
    for (const text of [setting.env, `--${setting.flag}`, defaultOf(setting), setting.meaning, setting.allowed]) {
      expect(help).toContain(text)
      expect(table).toContain(text)
    }
  })

  it("keeps its lines short enough for a terminal", () => {
    const tooLong = settingsHelp()
      .split("\n")
      .filter((line) => line.length > 120)
    expect(tooLong).toEqual([])
  })
})
