import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect } from "vitest"
import { makeProgress } from "./Progress.ts"

describe("waiting for the read model", () => {
  it.effect("is over at once for what is applied", () =>
    Effect.gen(function* () {
      expect(yield* makeProgress(5).reached(5, 1_000)).toBe(true)
    })
  )

  it.effect("is over as soon as the sequence is applied, and not before", () =>
    Effect.gen(function* () {
      const progress = makeProgress(5)
      const waiting = yield* Effect.forkChild(progress.reached(7, 1_000), { startImmediately: true })
      progress.advance(6)
      yield* TestClock.adjust(500)
      expect(waiting.pollUnsafe()).toBeUndefined()
      progress.advance(8)
      expect(yield* Fiber.join(waiting)).toBe(true)
    })
  )

  it.effect("is given up after its time", () =>
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(makeProgress(5).reached(6, 1_000), { startImmediately: true })
      yield* TestClock.adjust(1_001)
      expect(yield* Fiber.join(waiting)).toBe(false)
    })
  )
})
