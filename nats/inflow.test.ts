import { headers } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeInflow } from "./inflow.ts"

const message = (seq: number) => ({ seq, subject: "s", storedAt: 0, headers: headers(), data: new Uint8Array() })
const give = (inflow: ReturnType<typeof makeInflow>, seq: number, pending = 0) =>
  inflow.accept({ seq, storedAt: 0, pending }, () => message(seq))
const taken = async (inflow: ReturnType<typeof makeInflow>) =>
  (await Effect.runPromise(inflow.next)).map(({ seq }) => seq)

describe("what may come next from a stream", () => {
  it("is only the next sequence when nothing is filtered; a skipped one is a hole", async () => {
    const inflow = makeInflow({ stream: "S", from: 5 })
    expect([give(inflow, 5), give(inflow, 6), give(inflow, 9)]).toEqual([true, true, false])
    expect(inflow.takeHole()).toEqual({ from: 7, to: 9 })
    expect(inflow.takeHole()).toBeUndefined()
    expect(await taken(inflow)).toEqual([5, 6])
    expect(give(inflow, 7)).toBe(true)
  })

  it("is any later sequence when something is filtered", () => {
    const inflow = makeInflow({ stream: "S", from: 1, filter: "s.a" })
    expect([give(inflow, 4), give(inflow, 9)]).toEqual([true, true])
    expect(inflow.expected()).toBe(10)
  })

  it("is never one that was read already: the stream is another one, and the reader learns it after the rest", async () => {
    const inflow = makeInflow({ stream: "S", from: 5 })
    give(inflow, 5)
    expect(give(inflow, 3)).toBe(false)
    expect(await taken(inflow)).toEqual([5])
    const end = await Effect.runPromise(Effect.flip(inflow.next))
    expect(end).toMatchObject({ reason: "Drift", retryable: false })
  })
})

describe("handing over", () => {
  it("gives everything once and in order, in batches, however reads and messages interleave", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }), async (bursts) => {
        const inflow = makeInflow({ stream: "S", from: 1 })
        const got: Array<number> = []
        const total = bursts.reduce((sum, burst) => sum + burst, 0)
        const reading = (async () => {
          while (got.length < total) got.push(...(await taken(inflow)))
        })()
        let seq = 0
        for (const burst of bursts) {
          for (let n = 0; n < burst; n++) give(inflow, ++seq)
          if (burst % 2 === 0) await Promise.resolve()
        }
        await reading
        expect(got).toEqual(Array.from({ length: total }, (_, index) => index + 1))
      })
    )
  })

  it("serves a reader that asks for the next batch while it is given one", async () => {
    const inflow = makeInflow({ stream: "S", from: 1 })
    const got: Array<number> = []
    const collect = Effect.map(inflow.next, (batch) => got.push(...batch.map(({ seq }) => seq)))
    const reader = Effect.runFork(Effect.forever(collect))
    for (const seq of [1, 2, 3]) {
      give(inflow, seq)
      await expect.poll(() => got.at(-1), { timeout: 500, interval: 1 }).toBe(seq)
    }
    await Effect.runPromise(Fiber.interrupt(reader))
  })

  it("gives what one packet brought as one batch, tells the lag, and makes room", async () => {
    const lags: Array<number> = []
    let refills = 0
    const inflow = makeInflow({ stream: "S", from: 1, onLag: (pending) => lags.push(pending) })
    inflow.onTaken(() => {
      refills++
    })
    const batch = taken(inflow)
    await Promise.resolve()
    for (const seq of [1, 2, 3]) give(inflow, seq, 10 - seq)
    expect(inflow.waiting()).toBe(3)
    expect(await batch).toEqual([1, 2, 3])
    expect([inflow.waiting(), lags, refills]).toEqual([0, [7], 1])
  })
})
