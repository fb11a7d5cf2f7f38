/**
 * One connection to the broker as a scoped resource, under one role's credentials: it reconnects for ever, refuses a
 * server older than the topology's minimum, and drains when its scope closes.
 */
import { readFileSync } from "node:fs"
import type { NatsConnection as RawConnection, NodeConnectionOptions, Status } from "@nats-io/transport-node"
import { connect, credsAuthenticator, PermissionViolationError } from "@nats-io/transport-node"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { isNewEnough, parseVersion } from "./binary/NatsServerVersion.ts"
import { NatsError, natsErrorOf } from "./NatsError.ts"
import { Replies } from "./Replies.ts"
import { inboxPrefix } from "./Subjects.ts"
import { MINIMUM_SERVER_VERSION } from "./Topology.ts"

/** How one role reaches the broker. Secrets stand in the fields, never in the server addresses. */
export interface NatsEndpoint {
  readonly servers: ReadonlyArray<string>
  /** Names the connection in the broker's reports and chooses its inbox, `_INBOX_<role>.>`. */
  readonly role: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  /** Path of a NATS credentials file (JWT and seed). */
  readonly credentialsFile?: string
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
}

export type ConnectionChange = "disconnected" | "reconnected" | "closed"

/** What the functions of this folder take: the service's value. */
export type Connection = NatsConnection["Service"]

const PING_INTERVAL_MS = 5_000
const CONNECT_TIMEOUT_MS = 5_000
const RECONNECT_WAIT_MS = 250
const RECONNECT_JITTER_MS = 100
/** A drain waits for what is in flight; a broker that is gone must not hold up a shutdown. */
const DRAIN_DEADLINE = "2 seconds"

const optionsOf = (endpoint: NatsEndpoint): NodeConnectionOptions => ({
  servers: [...endpoint.servers],
  name: `attune-${endpoint.role}`,
  inboxPrefix: inboxPrefix(endpoint.role),
  timeout: CONNECT_TIMEOUT_MS,
  // The library's default gives up after ten tries, and notices a hung server only after minutes.
  maxReconnectAttempts: -1,
  reconnectTimeWait: RECONNECT_WAIT_MS,
  reconnectJitter: RECONNECT_JITTER_MS,
  pingInterval: PING_INTERVAL_MS,
  maxPingOut: 2,
  // Each request would otherwise make an error for its stack beforehand: measured, a twentieth of an edge's time.
  noAsyncTraces: true,
  ...(endpoint.user === undefined ? {} : { user: endpoint.user }),
  ...(endpoint.password === undefined ? {} : { pass: endpoint.password }),
  ...(endpoint.token === undefined ? {} : { token: endpoint.token }),
  ...(endpoint.credentialsFile === undefined
    ? {}
    : { authenticator: credsAuthenticator(readFileSync(endpoint.credentialsFile)) }),
  ...(endpoint.tls === undefined
    ? {}
    : {
        tls: {
          ...(endpoint.tls.ca === undefined ? {} : { caFile: endpoint.tls.ca }),
          ...(endpoint.tls.cert === undefined ? {} : { certFile: endpoint.tls.cert }),
          ...(endpoint.tls.key === undefined ? {} : { keyFile: endpoint.tls.key })
        }
      })
})

const refuseOld = (raw: RawConnection): Effect.Effect<void, NatsError> => {
  const version = raw.info?.version ?? "unknown"
  return Option.exists(parseVersion(version), isNewEnough)
    ? Effect.void
    : Effect.fail(
        new NatsError({
          operation: "connect",
          reason: "TooOld",
          detail: `nats-server ${version} is older than ${MINIMUM_SERVER_VERSION}; upgrade the server`
        })
      )
}

const close = (raw: RawConnection): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (!raw.isClosed()) await raw.drain()
  }).pipe(
    Effect.timeout(DRAIN_DEADLINE),
    // Draining failed because the server is away: what is left is to let go of the socket.
    Effect.catchCause(() => Effect.promise(() => raw.close()))
  )

const CHANGE: Partial<Record<Status["type"], ConnectionChange>> = {
  disconnect: "disconnected",
  staleConnection: "disconnected",
  reconnect: "reconnected",
  close: "closed"
}

const open = Effect.fnUntraced(function* (endpoint: NatsEndpoint) {
  const raw = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => connect(optionsOf(endpoint)), catch: natsErrorOf(`connect as ${endpoint.role}`) }),
    close
  )
  yield* refuseOld(raw)
  const replies = new Replies(raw, endpoint.role)
  const listeners = new Set<(change: ConnectionChange) => void>()
  let connected = true
  yield* Effect.promise(async () => {
    for await (const status of raw.status()) {
      if (status.type === "error" && status.error instanceof PermissionViolationError) {
        replies.failAll("Forbidden", status.error.message, status.error.subject)
      }
      const change = CHANGE[status.type]
      if (change !== undefined) {
        connected = change === "reconnected"
        if (!connected) replies.failAll("Unavailable", "the connection was lost")
        for (const listener of listeners) listener(change)
      }
    }
  }).pipe(forkForever(`the ${endpoint.role}'s connection to the broker`))
  return NatsConnection.of({
    raw,
    role: endpoint.role,
    replies,
    isConnected: () => connected && !raw.isClosed(),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  })
})

export class NatsConnection extends Context.Service<
  NatsConnection,
  {
    readonly raw: RawConnection
    readonly role: string
    /** For what is published and acknowledged. */
    readonly replies: Replies
    /** False from the moment the connection is lost until it is back. */
    readonly isConnected: () => boolean
    /** Calls `listener` at each change until the returned function is called. */
    readonly onChange: (listener: (change: ConnectionChange) => void) => () => void
  }
>()("attune/nats/NatsConnection") {
  static readonly layer = (endpoint: NatsEndpoint): Layer.Layer<NatsConnection, NatsError> =>
    Layer.effect(NatsConnection, open(endpoint))
}
