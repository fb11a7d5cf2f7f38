import { type ChildProcess, spawn } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { holdersOf, readLeases } from "#libs/leases/LeaseTable.ts"
import { checkLog } from "#tests/support/annotatedLog.ts"
import { type AnalyzerHarness, startHarness, TEST_MASTER_KEY } from "#tests/support/AnalyzerHarness.ts"

let harness: AnalyzerHarness
const children = new Set<ChildProcess>()
const writing = new Set<() => Promise<number>>()

beforeAll(async () => {
  harness = await startHarness({ sync: "always" })
})
afterEach(async () => {
  for (const stop of writing) await stop()
  writing.clear()
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  // Their leases lapse, so that the next test begins with none.
  await vi.waitFor(async () => expect((await holders()).size).toBe(0), { timeout: 15_000 })
})
afterAll(() => harness.stop())

const ENTRY = fileURLToPath(new URL("../support/analyzerProcess.ts", import.meta.url))

const startProcess = (settings: { readonly dieInAppend?: number } = {}): ChildProcess => {
  const { password, servers, user } = harness.broker.endpointOf("analyzer")
  const masterKey = Buffer.from(TEST_MASTER_KEY).toString("base64")
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...process.env, ANALYZER_PROCESS: JSON.stringify({ servers, user, password, masterKey, ...settings }) },
    stdio: ["ignore", "ignore", "inherit"]
  })
  children.add(child)
  return child
}

const exit = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)))

const holders = async () => holdersOf(await Effect.runPromise(readLeases(harness.reader)))

/** Waits until so many instances share all partitions, each within one of its fair share. */
const untilShared = (instances: number, withinMs: number): Promise<ReadonlySet<string>> =>
  vi.waitFor(
    async () => {
      const held = await holders()
      const ids = new Set(held.values())
      expect(held.size).toBe(32)
      expect(ids.size).toBe(instances)
      for (const id of ids) {
        const count = [...held.values()].filter((holder) => holder === id).length
        expect(Math.abs(count - 32 / instances)).toBeLessThan(1)
      }
      return ids
    },
    { timeout: withinMs, interval: 50 }
  )

/** Submits without pause until told to stop; what is not acknowledged is left out, as an edge's client would be told. */
const writeOn = () => {
  const end = new AbortController()
  let acknowledged = 0
  const writer = async (room: number) => {
    while (!end.signal.aborted) {
      try {
        await harness.submit(`room-${room}`, "under load")
        acknowledged++
      } catch {
        // The broker is away: a client would come again a little later, with a message of its own.
        await setTimeout(20)
      }
    }
  }
  const writers = Promise.all(Array.from({ length: 12 }, (_, room) => writer(room)))
  const stop = async () => {
    end.abort()
    await writers
    return acknowledged
  }
  writing.add(stop)
  return { acknowledged: () => acknowledged, stop }
}

describe("analyzers as processes", () => {
  it("annotate once when one is killed with its append sent and the answer not seen", async () => {
    for (const dieInAppend of [1, 4]) {
      const victim = startProcess({ dieInAppend })
      const ended = exit(victim)
      const load = writeOn()
      expect(await ended).toBe("SIGKILL")
      await load.stop()
      startProcess()
      await harness.untilAnnotated(20_000)
    }
  })

  it("share fairly, replace one that was killed within 5 s, and keep each room's order all the while", async () => {
    const [victim] = [startProcess(), startProcess(), startProcess()]
    const load = writeOn()
    const before = await untilShared(3, 15_000)
    victim.kill("SIGKILL")
    const killedAt = performance.now()
    await vi.waitFor(
      async () => {
        const held = await holders()
        expect(held.size).toBe(32)
        expect(new Set(held.values()).size).toBe(2)
      },
      { timeout: 10_000, interval: 50 }
    )
    expect(performance.now() - killedAt).toBeLessThan(5_000)
    const after = await untilShared(2, 10_000)
    expect([...after].every((id) => before.has(id))).toBe(true)
    await load.stop()
    await harness.untilAnnotated(20_000)
  })

  it("write nothing twice when one is stopped for 12 s and woken beside its successor", async () => {
    const sleeper = startProcess()
    await untilShared(1, 15_000)
    const load = writeOn()
    await vi.waitFor(() => expect(load.acknowledged()).toBeGreaterThan(100), { timeout: 10_000 })
    sleeper.kill("SIGSTOP")
    startProcess()
    const began = performance.now()
    await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(12_000), { timeout: 15_000 })
    const written = load.acknowledged()
    sleeper.kill("SIGCONT")
    await vi.waitFor(() => expect(load.acknowledged()).toBeGreaterThan(written + 100), { timeout: 10_000 })
    await untilShared(2, 10_000)
    await load.stop()
    await harness.untilAnnotated(20_000)
  })

  it("lose and repeat nothing when the broker is killed under load", async () => {
    startProcess()
    startProcess()
    await untilShared(2, 15_000)
    const load = writeOn()
    for (let time = 0; time < 3; time++) {
      const before = load.acknowledged()
      await vi.waitFor(() => expect(load.acknowledged()).toBeGreaterThan(before + 100), { timeout: 15_000 })
      await harness.broker.kill()
      await harness.broker.restart()
    }
    const acknowledged = await load.stop()
    await harness.untilAnnotated(30_000)
    const { submitted } = await checkLog(harness.reader)
    expect(submitted).toBeGreaterThanOrEqual(acknowledged)
  })
})
