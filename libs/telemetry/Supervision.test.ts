import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { describe, expect, it } from "vitest"
import { forkForever, Supervision } from "./Supervision.ts"

const deathsOf = (work: Effect.Effect<unknown, string>) =>
  Effect.gen(function* () {
    const deaths: Array<string> = []
    yield* work.pipe(
      forkForever("the part"),
      Effect.andThen(Effect.yieldNow),
      Effect.andThen(Effect.yieldNow),
      Effect.scoped,
      Effect.provideService(Supervision, { died: (part) => deaths.push(part) }),
      Effect.provideService(References.MinimumLogLevel, "None")
    )
    return deaths
  }).pipe(Effect.runPromise)

describe("a part that runs for ever", () => {
  it("is reported when it fails, when it breaks, and when it simply ends", async () => {
    expect(await deathsOf(Effect.fail("no"))).toEqual(["the part"])
    expect(await deathsOf(Effect.die("defect"))).toEqual(["the part"])
    expect(await deathsOf(Effect.void)).toEqual(["the part"])
  })

  it("ends in peace with its scope", async () => {
    expect(await deathsOf(Effect.never)).toEqual([])
  })
})
