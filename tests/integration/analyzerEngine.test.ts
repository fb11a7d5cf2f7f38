import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Context from "effect/Context"
import * as Scope from "effect/Scope"
import { afterEach, describe, expect, it, vi } from "vitest"
import { Analyzer } from "#libs/analysis/Analyzer.ts"
import { layerWorker } from "#libs/analysis/AnalyzerWorker.ts"
import { annotateWithVader } from "#libs/analysis/vaderEngine.ts"

const MOODY = new URL("../support/moodyEngineThread.ts", import.meta.url)
const DEADLINE_MS = 250
const scored = expect.objectContaining({ sentiment: "neutral" })

let scope = Scope.makeUnsafe()
afterEach(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  scope = Scope.makeUnsafe()
})

const start = async (entry?: URL) => {
  const layer = layerWorker({ deadlineMs: DEADLINE_MS, ...(entry === undefined ? {} : { entry }) })
  const services = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const analyzer = Context.get(services, Analyzer)
  return (...texts: ReadonlyArray<string>) => Effect.runPromise(analyzer.annotate(texts))
}

describe("the engine in its thread", () => {
  it("gives the first engine's scores, in the texts' order", async () => {
    const annotate = await start()
    const texts = ["I love this", "this is terrible", "I want to die"]
    expect(await annotate(...texts)).toEqual(texts.map(annotateWithVader))
  })

  it("answers by the deadline when it is stuck: what was scored before it keeps its scores", async () => {
    const annotate = await start(MOODY)
    const began = performance.now()
    const answers = await annotate("fine", "get stuck", "never reached")
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS + 150)
    expect(answers).toEqual([scored, undefined, undefined])
  })

  it("is replaced when it is stuck, and scores again", async () => {
    const annotate = await start(MOODY)
    await annotate("get stuck")
    await vi.waitFor(async () => expect(await annotate("fine")).toEqual([scored]), { timeout: 5_000 })
  })

  it("is replaced at once when it dies: only the text it died of goes without scores", async () => {
    const annotate = await start(MOODY)
    // A busy machine may need longer than the deadline to start the second engine: then it is asked again.
    await vi.waitFor(
      async () => expect(await annotate("fine", "die", "fine as well")).toEqual([scored, undefined, scored]),
      { timeout: 10_000, interval: 500 }
    )
  })

  it("leaves a text that it throws at without scores, and lives on", async () => {
    const annotate = await start(MOODY)
    expect(await annotate("throw", "fine")).toEqual([undefined, scored])
  })

  it("goes on scoring what it can when it is asked for more, instead of only what is too late", async () => {
    const annotate = await start(MOODY)
    const slow = Array.from({ length: 80 }, () => "take your time")
    let scoredInTime = 0
    const began = performance.now()
    while (performance.now() - began < 5_000) {
      const answers = await annotate(...slow)
      if (performance.now() - began > 2_000) scoredInTime += answers.filter((answer) => answer !== undefined).length
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    // It could score 300 in these three seconds.
    expect(scoredInTime).toBeGreaterThan(30)
  }, 10_000)

  it("does not hold up what is asked beside a stuck text for longer than the deadline", async () => {
    const annotate = await start(MOODY)
    const began = performance.now()
    await Promise.all([annotate("get stuck"), annotate("beside it")])
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS + 150)
  })
})
