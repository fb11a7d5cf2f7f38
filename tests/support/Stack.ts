/**
 * The whole of Attune in this process over a real broker of its own: edges with their broadcasters, one analyzer, one
 * projector, each with its role's own connection. What it promises to a test: it is ready when it is there.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { layerWorker } from "#libs/analysis/AnalyzerWorker.ts"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { layerKv as keyringKv } from "#libs/keyring/KeyringKv.ts"
import { layerKv as rateLimiterKv } from "#libs/ratelimit/RateLimiterKv.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { durabilityFromSystem } from "#nats/readDurability.ts"
import type { Role } from "#nats/server/roles.ts"
import type { RateRule } from "#nats/Topology.ts"
import { AnalyzerService } from "#services/analyzer/AnalyzerService.ts"
import { layer as broadcasterNats } from "#services/broadcaster/BroadcasterNats.ts"
import type { EdgeOptions } from "#services/edge/EdgeOptions.ts"
import { Edge, type EdgeAddress } from "#services/edge/EdgeService.ts"
import { ProjectorService } from "#services/projector/ProjectorService.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"

export interface StackOptions {
  /** The limit of each user; the product's own when left out. */
  readonly rate?: RateRule
  /** How many edges; one when left out. */
  readonly edges?: number
  /** "always" syncs before each acknowledgement, as the product does. */
  readonly sync?: "always" | "default"
  /** Told to every edge. */
  readonly edge?: Partial<EdgeOptions>
}

/** A part that a test may end before the rest. */
export interface Part<A> {
  readonly service: A
  readonly stop: () => Promise<void>
}

export interface Stack {
  readonly broker: Broker
  /** Each edge's `ws://…/ws/chat`. */
  readonly urls: ReadonlyArray<string>
  readonly edges: ReadonlyArray<Part<EdgeAddress>>
  readonly analyzer: Part<AnalyzerService["Service"]>
  readonly projector: Part<ProjectorService["Service"]>
  /** Starts one more edge. */
  readonly startEdge: () => Promise<Part<EdgeAddress>>
  /** Ends everything, the broker last. */
  readonly stop: () => Promise<void>
}

const MASTER_KEY = Buffer.alloc(32, 11)
const READY_WITHIN_MS = 20_000

/** Ups and downs are what these tests are about; faults are still printed. */
const quiet = Layer.succeed(References.MinimumLogLevel, "Error")

const start = async <I, S, E>(tag: Context.Service<I, S>, layer: Layer.Layer<I, E>): Promise<Part<S>> => {
  const scope = Scope.makeUnsafe()
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= Effect.runPromise(Scope.close(scope, Exit.void)))
  try {
    const services = await Effect.runPromise(Layer.buildWithScope(Layer.provide(layer, quiet), scope))
    return { service: Context.get(services, tag), stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** Waits until an edge says that a message sent now would reach its room. */
export const untilReady = async (http: string): Promise<void> => {
  const deadline = Date.now() + READY_WITHIN_MS
  for (;;) {
    const response = await fetch(`${http}/readyz`)
    const report = await response.text()
    if (response.status === 200) return
    if (Date.now() > deadline) throw new Error(`not ready: ${report}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Every test file that calls it calls `stop` in its `afterAll`. */
export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const broker = await startBroker({
    sync: options.sync ?? "default",
    ...(options.rate === undefined ? {} : { rate: options.rate })
  })
  const folder = mkdtempSync(join(tmpdir(), "attune-stack-"))
  const parts: Array<Part<unknown>> = []
  const stop = async () => {
    for (const part of parts.toReversed()) await part.stop()
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const keep = async <A>(part: Promise<Part<A>>): Promise<Part<A>> => {
    const started = await part
    parts.push(started)
    return started
  }
  const connect = (role: Role) => NatsConnection.layer(broker.endpointOf(role))
  const keyring = keyringKv({ masterKey: MASTER_KEY })

  const startEdge = async (): Promise<Part<EdgeAddress>> => {
    const system = await broker.connectAs("system")
    const neighbours = Layer.mergeAll(broadcasterNats(), rateLimiterKv(broker.topology.messageRate)).pipe(
      Layer.provideMerge(Layer.mergeAll(keyring, HistoryClient.layer))
    )
    const edge = Edge.layer({
      host: "127.0.0.1",
      port: 0,
      durability: { read: durabilityFromSystem(system), accepted: options.sync === "always" ? "always" : "weaker" },
      ...options.edge
    }).pipe(Layer.provide(neighbours), Layer.provide(connect("edge")))
    const { service, stop: stopEdge } = await keep(start(Edge, edge))
    return { service: service.address, stop: stopEdge }
  }

  try {
    const projector = await keep(
      start(
        ProjectorService,
        ProjectorService.layer({ file: join(folder, "history.sqlite") }).pipe(
          Layer.provide(keyring),
          Layer.provide(connect("projector"))
        )
      )
    )
    const analyzer = await keep(
      start(
        AnalyzerService,
        AnalyzerService.layer().pipe(
          Layer.provide(Layer.mergeAll(keyring, layerWorker({ deadlineMs: 250 }))),
          Layer.provide(connect("analyzer"))
        )
      )
    )
    const edges: Array<Part<EdgeAddress>> = []
    for (let count = 0; count < (options.edges ?? 1); count++) edges.push(await startEdge())
    for (const { service } of edges) await untilReady(service.http)
    return { broker, urls: edges.map(({ service }) => service.chat), edges, analyzer, projector, startEdge, stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}
