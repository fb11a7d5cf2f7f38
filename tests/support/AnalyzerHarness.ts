/** Analyzers of the product against a real broker, in this process; each with its own connection, one keyring for all. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { expect, vi } from "vitest"
import { Analyzer } from "#libs/analysis/Analyzer.ts"
import { annotateWithVader } from "#libs/analysis/vaderEngine.ts"
import { vaderIdentity } from "#libs/analysis/vaderIdentity.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { type AnalyzerOptions, AnalyzerService } from "#services/analyzer/AnalyzerService.ts"
import { checkLog } from "#tests/support/annotatedLog.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { submitMessage } from "#tests/support/EventFactory.ts"

export const TEST_MASTER_KEY = new Uint8Array(32).fill(7)

/** The first engine without its thread. */
export const analyzerInProcess: Layer.Layer<Analyzer> = Layer.succeed(
  Analyzer,
  Analyzer.of({
    identity: vaderIdentity,
    annotate: (texts) => Effect.sync(() => texts.map(annotateWithVader))
  })
)

export interface RunningAnalyzer {
  readonly service: AnalyzerService["Service"]
  readonly stop: () => Promise<void>
}

export interface AnalyzerHarness {
  readonly broker: Broker
  /** With an edge's rights: submits. */
  readonly edge: Connection
  /** With the analyzer's rights: reads both streams. */
  readonly reader: Connection
  readonly keyring: Keyring["Service"]
  /** `keyring`: one that misbehaves, in place of the product's own. */
  readonly startAnalyzer: (
    options?: AnalyzerOptions,
    engine?: Layer.Layer<Analyzer>,
    keyring?: Keyring["Service"]
  ) => Promise<RunningAnalyzer>
  /** Submits a message to a room; gives its sequence in `SUB`. */
  readonly submit: (room: string, text: string) => Promise<number>
  /** Submits `count` messages, spread over many rooms, some at a time. */
  readonly submitMany: (count: number, rooms?: number) => Promise<void>
  /** Waits until every submission has its one event, in order. */
  readonly untilAnnotated: (withinMs?: number) => Promise<void>
  readonly stopAnalyzers: () => Promise<void>
  readonly stop: () => Promise<void>
}

const AT_ONCE = 16

const build = async <I, E>(layer: Layer.Layer<I, E>) => {
  const scope = Scope.makeUnsafe()
  const services = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  return { services, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

export const startHarness = async (options?: Parameters<typeof startBroker>[0]): Promise<AnalyzerHarness> => {
  const broker = await startBroker(options)
  const edge = await broker.connectAs("edge")
  const reader = await broker.connectAs("analyzer")
  const connected = (role: "edge" | "analyzer") => NatsConnection.layer(broker.endpointOf(role))
  const keys = layerKv({ masterKey: TEST_MASTER_KEY })
  const keyring = await build(keys.pipe(Layer.provide(connected("edge"))))
  const { services } = keyring
  const analyzers = new Set<() => Promise<void>>()
  const stopAnalyzers = async () => {
    for (const close of analyzers) await close()
    analyzers.clear()
  }

  const submit = async (room: string, text: string) => {
    const spec = { room, user: `user of ${room}`, text }
    const { seq } = await Effect.runPromise(submitMessage(edge, Context.get(services, Keyring), spec))
    return seq
  }
  return {
    broker,
    edge,
    reader,
    keyring: Context.get(services, Keyring),
    startAnalyzer: async (analyzerOptions = {}, engine = analyzerInProcess, ownKeyring) => {
      const keyringLayer = ownKeyring === undefined ? keys : Layer.succeed(Keyring, ownKeyring)
      const needs = Layer.mergeAll(keyringLayer, engine).pipe(Layer.provideMerge(connected("analyzer")))
      const running = await build(AnalyzerService.layer(analyzerOptions).pipe(Layer.provide(needs)))
      analyzers.add(running.close)
      return { service: Context.get(running.services, AnalyzerService), stop: running.close }
    },
    submit,
    submitMany: async (count, rooms = 40) => {
      let next = 0
      const worker = async () => {
        while (next < count) {
          const index = next++
          await submit(`room-${index % rooms}`, `message ${index}`)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    },
    untilAnnotated: (withinMs = 20_000) =>
      vi.waitFor(
        async () => {
          const check = await checkLog(reader)
          expect(check).toEqual({
            submitted: check.submitted,
            annotated: check.submitted,
            missing: [],
            doubled: [],
            disordered: []
          })
        },
        { timeout: withinMs, interval: 100 }
      ),
    stopAnalyzers,
    stop: async () => {
      await stopAnalyzers()
      await keyring.close()
      await broker.stop()
    }
  }
}
