import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as TestClock from "effect/testing/TestClock"
import { RateLimiter } from "#libs/ratelimit/RateLimiter.ts"
import { layerKv } from "#libs/ratelimit/RateLimiterKv.ts"
import { layerMemory } from "#libs/ratelimit/RateLimiterMemory.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { contractRule, rateLimiterContract } from "#tests/contracts/rateLimiterContract.ts"
import { startBroker } from "#tests/support/Broker.ts"

rateLimiterContract("the limiter in memory", async () => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(layerMemory(contractRule), TestClock.layer()))
  return {
    take: (_, key) => runtime.runPromise(RateLimiter.use(({ take }) => take(key))),
    pass: (milliseconds) => runtime.runPromise(TestClock.adjust(milliseconds)),
    close: () => runtime.dispose()
  }
})

rateLimiterContract("the limiter in the broker's bucket", async () => {
  const broker = await startBroker({ rate: contractRule })
  const edge = () =>
    ManagedRuntime.make(layerKv(contractRule).pipe(Layer.provide(NatsConnection.layer(broker.endpointOf("edge")))))
  const edges = [edge(), edge()] as const
  return {
    take: (index, key) => edges[index].runPromise(RateLimiter.use(({ take }) => take(key))),
    // Its window is the broker's: time passes by itself.
    pass: (milliseconds) => sleep(milliseconds),
    close: async () => {
      await Promise.all(edges.map((runtime) => Effect.runPromise(runtime.disposeEffect)))
      await broker.stop()
    }
  }
})
