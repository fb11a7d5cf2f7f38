import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { type Keyring, KeyringError, type KeyringErrorReason } from "#libs/keyring/Keyring.ts"
import { ANN } from "#nats/Topology.ts"
import { readAll, srcSeqOf } from "#tests/support/annotatedLog.ts"
import { type AnalyzerHarness, startHarness } from "#tests/support/AnalyzerHarness.ts"

let harness: AnalyzerHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterEach(() => harness.stopAnalyzers())
afterAll(() => harness.stop())

/** The product's keyring, that gives no opening keys while `fault` says why. */
const faulty = (fault: () => KeyringErrorReason | undefined): Keyring["Service"] => ({
  ...harness.keyring,
  openingKey: (kid) =>
    Effect.suspend(() => {
      const reason = fault()
      return reason === undefined ? harness.keyring.openingKey(kid) : Effect.fail(new KeyringError({ reason }))
    })
})

const payloads = async (): Promise<ReadonlyMap<number, unknown>> => {
  const events = await readAll(harness.reader, ANN)
  return new Map(events.map((event) => [srcSeqOf(event), JSON.parse(Buffer.from(event.data).toString("utf8"))]))
}

const untilAnswered = (seq: number) =>
  vi.waitFor(
    async () => {
      const payload = (await payloads()).get(seq)
      expect(payload).toBeDefined()
      return payload
    },
    { timeout: 10_000, interval: 50 }
  )

describe("the analyzer, short of keys,", () => {
  it("waits, and parks nothing, while the bucket of keys is out of reach", async () => {
    let tries = 0
    let away = true
    const keyring = faulty(() => {
      tries++
      return away ? "Unavailable" : undefined
    })
    await harness.startAnalyzer({}, undefined, keyring)
    const seq = await harness.submit("lobby", "I love this")
    await vi.waitFor(() => expect(tries).toBeGreaterThan(2), { timeout: 10_000 })
    expect((await payloads()).size).toBe(0)
    away = false
    expect(await untilAnswered(seq)).toMatchObject({ annotation: { sentiment: "positive" } })
  })

  it("sends the other partitions' messages on while one key is slow to come", async () => {
    let first = true
    const keyring: Keyring["Service"] = {
      ...harness.keyring,
      openingKey: (kid) =>
        Effect.suspend(() => {
          const delayed = first
          first = false
          return delayed ? Effect.never : harness.keyring.openingKey(kid)
        })
    }
    await harness.startAnalyzer({}, undefined, keyring)
    await harness.submit("held-up", "I wait for a key")
    await vi.waitFor(() => expect(first).toBe(false), { timeout: 10_000 })
    expect(await untilAnswered(await harness.submit("lobby", "not I"))).toHaveProperty("annotation")
  })

  it("parks what a destroyed key sealed", async () => {
    await harness.startAnalyzer(
      {},
      undefined,
      faulty(() => "Destroyed")
    )
    expect(await untilAnswered(await harness.submit("lobby", "gone"))).toMatchObject({ reason: "key_destroyed" })
  })

  it("sends on without scores what another master key sealed: who has it can read it", async () => {
    await harness.startAnalyzer(
      {},
      undefined,
      faulty(() => "Broken")
    )
    const payload = await untilAnswered(await harness.submit("lobby", "not mine"))
    expect(payload).toHaveProperty("sealed")
    expect(payload).not.toHaveProperty("annotation")
  })
})
