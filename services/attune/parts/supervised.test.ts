import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { describe, expect, it } from "vitest"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { supervised } from "./supervised.ts"

describe("a supervised process", () => {
  it("ends when a part of it dies, and names the part", async () => {
    const body = Effect.die("defect").pipe(forkForever("the analyzer"), Effect.andThen(Effect.never), Effect.scoped)
    const quiet = Effect.provideService(supervised(body), References.MinimumLogLevel, "None")
    const error = await Effect.runPromise(Effect.flip(quiet))
    expect(error.message).toContain("the analyzer has died")
  })

  it("ends with its body otherwise", async () => {
    expect(await Effect.runPromise(supervised(Effect.succeed(7)))).toBe(7)
  })
})
