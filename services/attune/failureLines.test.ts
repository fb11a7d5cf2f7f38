import * as Cause from "effect/Cause"
import { describe, expect, it } from "vitest"
import { SettingsInvalid } from "#libs/config/decodeSettings.ts"
import { failureLines } from "./failureLines.ts"

describe("what a failed command says", () => {
  it("is the error's own sentence, without where it happened", () => {
    const error = new SettingsInvalid({ problems: ["ATTUNE_X is not a setting"] })
    expect(failureLines(Cause.fail(error))).toEqual(["a setting is wrong: ATTUNE_X is not a setting"])
  })

  it("is said once, though two parts failed of the same", () => {
    const twice = Cause.combine(Cause.fail(new Error("no broker")), Cause.fail(new Error("no broker")))
    expect(failureLines(twice)).toEqual(["no broker"])
  })

  it("is nothing after an interruption, which somebody asked for", () => {
    expect(failureLines(Cause.interrupt(1))).toEqual([])
  })

  it("shows a defect of this program as what it is", () => {
    const [line] = failureLines(Cause.die(new TypeError("x is not a function")))
    expect(line).toContain("a defect of this program")
    expect(line).toContain("x is not a function")
  })
})
