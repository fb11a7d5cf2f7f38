import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { resetsCounted } from "#libs/ratelimit/metrics.ts"
import { RateKey, RateLimiter, type RateLimiterUnavailable } from "#libs/ratelimit/RateLimiter.ts"
import { layerKv } from "#libs/ratelimit/RateLimiterKv.ts"
import { askApi } from "#nats/api.ts"
import type { Connection, NatsConnection as NatsConnectionTag } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { provision } from "#nats/provision.ts"
import { tail } from "#nats/tail.ts"
import { bucketStream, RATE_MESSAGE, type RateRule } from "#nats/Topology.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

const rule: RateRule = { maxEvents: 5, perSeconds: 1 }
const WINDOW_MS = rule.perSeconds * 1_000

let broker: Broker
beforeAll(async () => {
  broker = await startBroker({ rate: rule })
})
afterAll(() => broker.stop())
const opened: Array<ManagedRuntime.ManagedRuntime<RateLimiter | NatsConnectionTag, NatsError>> = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(opened.splice(0).map((runtime) => runtime.dispose()))
})

let users = 0
const newUser = (): RateKey => RateKey.make(`u${users++}`.padEnd(22, "_"))
const reprovision = (messageRate: RateRule) =>
  Effect.runPromise(
    provision({ replicas: 1, messageRate }).pipe(Effect.provide(NatsConnection.layer(broker.endpointOf("provisioner"))))
  )
/** An edge with a connection and a limiter of its own. */
const openEdge = async (limits: RateRule = rule) => {
  const runtime = ManagedRuntime.make(
    layerKv(limits).pipe(Layer.provideMerge(NatsConnection.layer(broker.endpointOf("edge"))))
  )
  opened.push(runtime)
  const connection: Connection = await runtime.runPromise(NatsConnection)
  const take = (key: RateKey) => runtime.runPromise(RateLimiter.use((limiter) => limiter.take(key)))
  const tryTake = (key: RateKey): Promise<RateLimiterUnavailable | undefined> =>
    runtime.runPromise(
      RateLimiter.use((limiter) => limiter.take(key)).pipe(
        Effect.as(undefined),
        Effect.catch((error) => Effect.succeed(error))
      )
    )
  const takeAll = async (key: RateKey) => {
    for (let n = 0; n < limits.maxEvents; n++) expect(await take(key)).toEqual({ _tag: "Admitted" })
  }
  return { connection, take, tryTake, takeAll }
}

describe("a limit that edges share", () => {
  it("holds in every window by the broker's own times, however hard many connections try", async () => {
    const watcher = await broker.connectAs("provisioner")
    const stored = new Map<string, Array<number>>()
    const watching = Effect.runFork(
      tail(watcher, { stream: bucketStream(RATE_MESSAGE), from: 1 }).pipe(
        Stream.runForEach((batch) =>
          Effect.sync(() => {
            for (const { subject, storedAt } of batch) stored.set(subject, [...(stored.get(subject) ?? []), storedAt])
          })
        )
      )
    )
    const edges = await Promise.all([openEdge(), openEdge(), openEdge()])
    const keys = [newUser(), newUser()]
    let admitted = 0
    const until = performance.now() + 3.5 * WINDOW_MS
    await Promise.all(
      edges.flatMap(({ take }) =>
        keys.flatMap((key) =>
          Array.from({ length: 4 }, async () => {
            while (performance.now() < until) {
              const decision = await take(key)
              if (decision._tag === "Admitted") admitted++
              // A client in a hurry: it comes back long before it was told to.
              await new Promise((resolve) => setTimeout(resolve, 3))
            }
          })
        )
      )
    )
    const times = () => [...stored.values()]
    await expect.poll(() => times().flat().length).toBe(admitted)
    watching.interruptUnsafe()
    for (const entries of times()) {
      expect(entries.length).toBeGreaterThanOrEqual(2 * rule.maxEvents)
      for (const start of entries) {
        // Times are cut to milliseconds, so a window's last one may be the next window's first.
        const inWindow = entries.filter((time) => time >= start && time < start + WINDOW_MS - 1)
        expect(inWindow.length).toBeLessThanOrEqual(rule.maxEvents)
      }
    }
  })

  it("names the right wait whatever the edge's own clock says and does", async () => {
    const { now } = Date
    for (const shift of [-86_400_000, 86_400_000]) {
      const { take, takeAll } = await openEdge()
      const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + shift)
      const key = newUser()
      await takeAll(key)
      const first = await take(key)
      clock.mockImplementation(() => now() - shift)
      const second = await take(key)
      for (const decision of [first, second]) {
        expect(decision).toMatchObject({ _tag: "Limited" })
        expect(decision).toHaveProperty(
          "retryAfterMs",
          expect.toSatisfy((ms: number) => ms > 500 && ms <= 1_050)
        )
      }
      clock.mockRestore()
    }
  })

  it("asks the broker nothing for repeated refusals, and little for many at once", async () => {
    const { connection, take, takeAll } = await openEdge()
    const key = newUser()
    await takeAll(key)
    await Promise.all(Array.from({ length: 50 }, () => take(key)))
    const before = connection.raw.stats().outMsgs
    for (let n = 0; n < 200; n++) expect((await take(key))._tag).toBe("Limited")
    expect(connection.raw.stats().outMsgs - before).toBe(0)
  })
})

describe("a bucket that enforces something else", () => {
  it.each<[string, RateRule]>([
    ["more messages", { maxEvents: 6, perSeconds: 1 }],
    ["a longer time", { maxEvents: 5, perSeconds: 2 }]
  ])("keeps an edge from starting that is told %s", async (_, limits) => {
    const layer = layerKv(limits).pipe(Layer.provide(NatsConnection.layer(broker.endpointOf("edge"))))
    const refused = await Effect.runPromise(Effect.scoped(Effect.flip(Layer.build(layer))))
    expect(refused).toMatchObject({ _tag: "NatsError", reason: "Drift", retryable: false })
  })

  it("is the bucket an edge fits again once the operator has provisioned the new limit", async () => {
    const limits: RateRule = { maxEvents: 6, perSeconds: 1 }
    await reprovision(limits)
    const { takeAll, take } = await openEdge(limits)
    const key = newUser()
    await takeAll(key)
    expect((await take(key))._tag).toBe("Limited")
    await reprovision(rule)
  })
})

describe("a bucket out of reach", () => {
  it("admits nobody, says so soon and as retryable, and admits again when it is back", async () => {
    const { take, tryTake, connection } = await openEdge()
    const key = newUser()
    expect(await take(key)).toEqual({ _tag: "Admitted" })
    await broker.kill()
    await expect.poll(() => connection.isConnected()).toBe(false)
    const asked = performance.now()
    expect(await tryTake(key)).toMatchObject({ _tag: "RateLimiterUnavailable", retryable: true })
    expect(performance.now() - asked).toBeLessThan(1_500)
    await broker.restart()
    await expect.poll(() => tryTake(key), { timeout: 10_000 }).toBeUndefined()
  })

  it("counts what it lost: a bucket that is found empty after a reconnect", async () => {
    const { takeAll, connection } = await openEdge()
    await takeAll(newUser())
    const resets = await Effect.runPromise(resetsCounted)
    const provisioner = await broker.connectAs("provisioner")
    const endpoint = `STREAM.DELETE.${bucketStream(RATE_MESSAGE)}`
    await Effect.runPromise(askApi(provisioner, { endpoint, decode: Result.succeed }))
    await reprovision(rule)
    await broker.kill()
    await expect.poll(() => connection.isConnected()).toBe(false)
    await broker.restart()
    await expect.poll(() => Effect.runPromise(resetsCounted), { timeout: 10_000 }).toBe(resets + 1)
  })

  it("admits nobody while the broker hangs, and gives no token twice for those that went unanswered", async () => {
    const { tryTake, take } = await openEdge()
    const key = newUser()
    await broker.hang()
    const asked = performance.now()
    const answers = await Promise.all(Array.from({ length: 3 }, () => tryTake(key)))
    const waited = performance.now() - asked
    await broker.wake()
    expect(waited).toBeLessThan(3_000)
    for (const answer of answers) expect(answer).toMatchObject({ _tag: "RateLimiterUnavailable" })
    const decisions = await Promise.all(Array.from({ length: 10 }, () => take(key)))
    expect(decisions.filter(({ _tag }) => _tag === "Admitted").length).toBeLessThanOrEqual(rule.maxEvents)
  })
})

describe("a restart of a single broker", () => {
  it("does not forget who was limited", async () => {
    const limits: RateRule = { maxEvents: 3, perSeconds: 30 }
    const other = await startBroker({ rate: limits })
    const runtime = ManagedRuntime.make(
      layerKv(limits).pipe(Layer.provideMerge(NatsConnection.layer(other.endpointOf("edge"))))
    )
    try {
      const take = (key: RateKey) => runtime.runPromise(RateLimiter.use((limiter) => limiter.take(key)))
      const key = newUser()
      for (let n = 0; n < limits.maxEvents; n++) expect(await take(key)).toEqual({ _tag: "Admitted" })
      const connection = await runtime.runPromise(NatsConnection)
      await other.restart()
      await expect.poll(() => connection.isConnected(), { timeout: 10_000 }).toBe(true)
      expect(await take(key)).toMatchObject({ _tag: "Limited" })
    } finally {
      await runtime.dispose()
      await other.stop()
    }
  })
})
