/**
 * One edge over a real broker, without the services behind it: rooms are empty and silent, leases are held by the test,
 * and the rate limiter does as it is told. For tests of what the edge itself promises.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type { RoomId } from "#libs/domain/RoomId.ts"
import { HistoryClient, HistoryError } from "#libs/history/HistoryClient.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { partitionKey, presenceKey } from "#libs/leases/LeaseTable.ts"
import { type RateDecision, RateLimiter, RateLimiterUnavailable } from "#libs/ratelimit/RateLimiter.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { directGet } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { LEASE, PARTITIONS, SUB } from "#nats/Topology.ts"
import { Broadcaster, JoinError } from "#services/broadcaster/Broadcaster.ts"
import type { EdgeOptions } from "#services/edge/EdgeOptions.ts"
import { Edge, type EdgeAddress } from "#services/edge/EdgeService.ts"
import type { Broker } from "#tests/support/Broker.ts"

/** What the stand-ins for the edge's neighbours do now; a test changes it as it goes. */
export interface Neighbours {
  rate: RateDecision | "unavailable"
  /** Rooms can be read. */
  readable: boolean
}

export interface EdgeAlone extends EdgeAddress {
  readonly neighbours: Neighbours
  /** Each join of a room, with how much history was asked for. */
  readonly joins: Array<{ readonly room: RoomId; readonly limit: number }>
  /** Each message that was shown again to who repeated it. */
  readonly repeats: Array<{ readonly room: RoomId; readonly id: string }>
  readonly sockets: () => number
  readonly stop: () => Promise<void>
}

const MASTER_KEY = Buffer.alloc(32, 7)

export interface EdgeAloneOptions extends Partial<EdgeOptions> {
  readonly connection: Connection
}

export const startEdgeAlone = async ({ connection, ...options }: EdgeAloneOptions): Promise<EdgeAlone> => {
  const neighbours: Neighbours = { rate: { _tag: "Admitted" }, readable: true }
  const joins: EdgeAlone["joins"] = []
  const repeats: EdgeAlone["repeats"] = []
  const sockets = new Set<object>()

  const broadcaster = Layer.succeed(Broadcaster, {
    join: (socket, room, limit) =>
      Effect.suspend(() => {
        if (!neighbours.readable) return Effect.fail(new JoinError({ reason: "unavailable" }))
        joins.push({ room, limit })
        sockets.add(socket)
        return Effect.void
      }),
    leave: () => undefined,
    leaveAll: (socket) => void sockets.delete(socket),
    repeat: (_, room, id) => Effect.sync(() => void repeats.push({ room, id })),
    isLive: () => true
  })
  const history = Layer.succeed(HistoryClient, {
    page: () => Effect.fail(new HistoryError({ reason: "unavailable", retryable: true })),
    find: () => Effect.fail(new HistoryError({ reason: "unavailable", retryable: true }))
  })
  const limiter = Layer.succeed(RateLimiter, {
    take: () =>
      Effect.suspend(() =>
        neighbours.rate === "unavailable"
          ? Effect.fail(new RateLimiterUnavailable({ detail: "told so by a test" }))
          : Effect.succeed(neighbours.rate)
      )
  })
  const edge = Edge.layer({
    host: "127.0.0.1",
    port: 0,
    durability: { read: Effect.succeed({ _tag: "always" }), accepted: "always" },
    ...options
  }).pipe(
    Layer.provide(Layer.mergeAll(broadcaster, history, limiter, layerKv({ masterKey: MASTER_KEY }))),
    Layer.provide(Layer.succeed(NatsConnection, connection)),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Error"))
  )
  const scope = Scope.makeUnsafe()
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    const { address } = await Effect.runPromise(
      Layer.buildWithScope(edge, scope).pipe(Effect.map((services) => Context.get(services, Edge)))
    )
    return { ...address, neighbours, joins, repeats, sockets: () => sockets.size, stop }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** Holds every partition as an analyzer would, until the returned function is called or a few seconds pass without it. */
export const holdAllPartitions = async (broker: Broker): Promise<() => Promise<void>> => {
  const analyzer = await broker.connectAs("analyzer")
  const put = (key: string, value: object, headers: Record<string, string> = {}) =>
    publish(analyzer, { subject: bucketKey(LEASE, key), data: JSON.stringify(value), headers })
  const show = put(presenceKey("test"), { leaving: false, avoids: [] }, { "Nats-TTL": "3s" })
  const claim = Effect.forEach(
    Array.from({ length: PARTITIONS }, (_, partition) => partition),
    (partition) => put(partitionKey(partition), { holder: "test" }),
    { concurrency: "unbounded" }
  )
  // A broker that is away loses its memory: everything is claimed again, until it is back.
  const hold = Effect.andThen(show, claim).pipe(
    Effect.catchTag("NatsError", ({ message }) => Effect.logDebug("a lease was not renewed", message))
  )
  await Effect.runPromise(hold)
  const stop = new AbortController()
  const renewing = Effect.runPromise(hold.pipe(Effect.delay("1 second"), Effect.forever), {
    signal: stop.signal
  }).catch(() => undefined)
  return async () => {
    stop.abort()
    await renewing
  }
}

/** Everything submitted so far, in order. */
export const submissions = (connection: Connection): Promise<ReadonlyArray<StoredMessage>> =>
  Effect.runPromise(directGet(connection, SUB, { seq: 1, batch: 1_000 }))
