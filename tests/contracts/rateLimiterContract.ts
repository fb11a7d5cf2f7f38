/** What every rate limiter promises, whichever way it keeps its window. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { RateDecision } from "#libs/ratelimit/RateLimiter.ts"
import { RateKey } from "#libs/ratelimit/RateLimiter.ts"
import type { RateRule } from "#nats/Topology.ts"

export const contractRule: RateRule = { maxEvents: 3, perSeconds: 1 }
const WINDOW_MS = contractRule.perSeconds * 1_000

export interface LimiterHarness {
  /** Takes a token at one of two edges that share the limit. */
  readonly take: (edge: 0 | 1, key: RateKey) => Promise<RateDecision>
  /** Lets this many milliseconds pass for the limiter. */
  readonly pass: (milliseconds: number) => Promise<void>
  readonly close: () => Promise<void>
}

let users = 0
const newUser = (): RateKey => RateKey.make(`user${users++}`.padEnd(22, "_"))
const admitted: RateDecision = { _tag: "Admitted" }
const retryAfter = (decision: RateDecision): number => (decision._tag === "Limited" ? decision.retryAfterMs : -1)

/** Runs the suite over one implementation, made for `contractRule`. */
export const rateLimiterContract = (name: string, make: () => Promise<LimiterHarness>): void => {
  describe(name, () => {
    let limiter: LimiterHarness
    beforeAll(async () => {
      limiter = await make()
    })
    afterAll(() => limiter.close())
    const takeAll = async (key: RateKey) => {
      for (let n = 0; n < contractRule.maxEvents; n++) expect(await limiter.take(0, key)).toEqual(admitted)
    }

    it("admits up to the limit at once, then refuses and says for how long", async () => {
      const key = newUser()
      await takeAll(key)
      const wait = retryAfter(await limiter.take(0, key))
      expect(wait).toBeGreaterThan(WINDOW_MS / 2)
      expect(wait).toBeLessThanOrEqual(WINDOW_MS + 50)
    })

    it("admits again after exactly the time it named, and not well before", async () => {
      const key = newUser()
      await takeAll(key)
      const wait = retryAfter(await limiter.take(0, key))
      await limiter.pass(wait / 2)
      const rest = retryAfter(await limiter.take(0, key))
      expect(rest).toBeGreaterThan(0)
      expect(rest).toBeLessThanOrEqual(wait / 2 + 1)
      await limiter.pass(rest)
      expect(await limiter.take(0, key)).toEqual(admitted)
    })

    it("frees one token for each entry that grows old, in their order", async () => {
      const key = newUser()
      expect(await limiter.take(0, key)).toEqual(admitted)
      await limiter.pass(WINDOW_MS / 2)
      expect(await limiter.take(0, key)).toEqual(admitted)
      expect(await limiter.take(0, key)).toEqual(admitted)
      const first = retryAfter(await limiter.take(0, key))
      expect(first).toBeLessThanOrEqual(WINDOW_MS / 2 + 50)
      await limiter.pass(first)
      expect(await limiter.take(0, key)).toEqual(admitted)
      const second = retryAfter(await limiter.take(0, key))
      expect(second).toBeGreaterThan(0)
      expect(second).toBeLessThanOrEqual(WINDOW_MS / 2 + 50)
    })

    it("is not prolonged by tries that were refused", async () => {
      const key = newUser()
      await takeAll(key)
      let last = Number.POSITIVE_INFINITY
      for (let n = 0; n < 10; n++) {
        const wait = retryAfter(await limiter.take(0, key))
        expect(wait).toBeLessThanOrEqual(last)
        last = wait
        await limiter.pass(10)
      }
    })

    it("keeps users apart", async () => {
      const [one, other] = [newUser(), newUser()]
      await takeAll(one)
      expect((await limiter.take(0, one))._tag).toBe("Limited")
      await takeAll(other)
    })

    it("shares one limit among edges", async () => {
      const key = newUser()
      const decisions = [
        await limiter.take(0, key),
        await limiter.take(1, key),
        await limiter.take(0, key),
        await limiter.take(1, key),
        await limiter.take(0, key)
      ]
      expect(decisions.map(({ _tag }) => _tag)).toEqual(["Admitted", "Admitted", "Admitted", "Limited", "Limited"])
    })

    it("never admits more than the limit when all come at once", async () => {
      const key = newUser()
      const decisions = await Promise.all(
        Array.from({ length: 40 }, (_, index) => limiter.take(index % 2 === 0 ? 0 : 1, key))
      )
      expect(decisions.filter(({ _tag }) => _tag === "Admitted").length).toBe(contractRule.maxEvents)
    })
  })
}
