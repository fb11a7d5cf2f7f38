import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ProbeServer } from "#libs/telemetry/ProbeServer.ts"

describe("the probes of a process without an edge", () => {
  const scope = Scope.makeUnsafe()
  let isReady = false
  let port = 0
  const start = (on: number) =>
    Layer.buildWithScope(
      ProbeServer.layer(
        on,
        Effect.sync(() => isReady)
      ),
      scope
    )
  beforeAll(async () => {
    port = Context.get(await Effect.runPromise(start(0)), ProbeServer).port
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: response.status, body: await response.text() }
  }

  it("says that it is alive, whether it is ready or not", async () => {
    expect((await get("/healthz")).status).toBe(200)
  })

  it("is ready exactly while the work is done", async () => {
    expect((await get("/readyz")).status).toBe(503)
    isReady = true
    expect((await get("/readyz?verbose")).status).toBe(200)
  })

  it("shows the metrics of the process", async () => {
    const counter = Metric.counter("attune_probe_test_total", { incremental: true })
    await Effect.runPromise(Metric.update(counter, 3))
    expect((await get("/metrics")).body).toContain("attune_probe_test_total 3")
  })

  it("knows no other path", async () => {
    expect((await get("/")).status).toBe(404)
  })

  it("says which port is taken", async () => {
    const error = await Effect.runPromise(Effect.flip(start(port)))
    expect(error.message).toContain(`port ${port} of 127.0.0.1 cannot be used`)
  })
})
