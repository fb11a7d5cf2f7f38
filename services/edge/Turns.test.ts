import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe, expect, it } from "vitest"
import { Lanes, Turns } from "./Turns.ts"

const steps = (log: Array<string>, name: string, yields: number) =>
  Effect.gen(function* () {
    log.push(`${name} in`)
    for (let index = 0; index < yields; index++) yield* Effect.yieldNow
    log.push(`${name} out`)
  })

describe("lanes", () => {
  it("run what has one key one after another, in the order of entering, however long each takes", async () => {
    const log: Array<string> = []
    const lanes = new Lanes<string>()
    const all = ["a", "b", "c", "d"].map((name, index) => lanes.run("room", steps(log, name, 8 - 2 * index)))
    await Effect.runPromise(Effect.all(all, { concurrency: "unbounded" }))
    expect(log).toEqual(["a", "b", "c", "d"].flatMap((name) => [`${name} in`, `${name} out`]))
  })

  it("do not make one key wait for another, and forget a key that nobody uses", async () => {
    const log: Array<string> = []
    const lanes = new Lanes<string>()
    const all = [lanes.run("one", steps(log, "slow", 9)), lanes.run("two", steps(log, "fast", 0))]
    await Effect.runPromise(Effect.all(all, { concurrency: "unbounded" }))
    expect(log).toEqual(["slow in", "fast in", "fast out", "slow out"])
    expect(lanes.size).toBe(0)
  })

  it("go on after one was interrupted, and after one failed", async () => {
    const lanes = new Lanes<string>()
    const outcome = await Effect.runPromise(
      Effect.gen(function* () {
        const stuck = yield* Effect.forkChild(lanes.run("room", Effect.never), { startImmediately: true })
        const failing = yield* Effect.forkChild(lanes.run("room", Effect.fail("no")), { startImmediately: true })
        const last = yield* Effect.forkChild(lanes.run("room", Effect.succeed("done")), { startImmediately: true })
        yield* Fiber.interrupt(stuck)
        yield* Fiber.await(failing)
        return yield* Fiber.join(last)
      })
    )
    expect(outcome).toBe("done")
    expect(lanes.size).toBe(0)
  })
})

describe("a gate", () => {
  it("lets as many in as it has places", async () => {
    let [inside, most] = [0, 0]
    const gate = new Turns(3)
    const visit = gate.run(
      Effect.gen(function* () {
        most = Math.max(most, ++inside)
        yield* Effect.yieldNow
        inside--
      })
    )
    await Effect.runPromise(
      Effect.all(
        Array.from({ length: 20 }, () => visit),
        { concurrency: "unbounded" }
      )
    )
    expect(most).toBe(3)
    expect(gate.isIdle(3)).toBe(true)
  })
})
