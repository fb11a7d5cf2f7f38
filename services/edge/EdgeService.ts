/**
 * The edge as one layer: HTTP for machines, `/ws/chat` for people. It holds no state that outlives a socket; sockets are
 * fed by the broadcaster in the same process. Raw `ws` under a layer, because the hot path must not pay for a fiber a
 * frame (ADR 0011). Next: serveSession.ts, for what becomes of a frame.
 */
import { createServer, type IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { Socket } from "node:net"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { WebSocketServer } from "ws"
import { isLoopback } from "#libs/domain/isLoopback.ts"
import { decodePlainAddress } from "#libs/protocol/plainAddress.ts"
import { MAX_FRAME_BYTES } from "#libs/protocol/plainFrame.ts"
import { Outboxes } from "#libs/socket/Outbox.ts"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import { Broadcaster } from "#services/broadcaster/Broadcaster.ts"
import { ownOrigins, PLAIN_PROTOCOL, type Refusal, refuseUpgrade } from "./admitUpgrade.ts"
import { answerHttp } from "./answerHttp.ts"
import { drain } from "./drain.ts"
import { EdgeError } from "./EdgeError.ts"
import { DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_CONNECTIONS_PER_ADDRESS, type EdgeOptions } from "./EdgeOptions.ts"
import { DEFAULT_HEARTBEAT, firstPing, sweepEveryMs } from "./heartbeat.ts"
import { listen } from "./listen.ts"
import { countUpgrade } from "./metrics.ts"
import { Readiness } from "./Readiness.ts"
import { readinessChecks } from "./readinessChecks.ts"
import { SequencerWatch } from "./SequencerWatch.ts"
import { makeServe } from "./serveSession.ts"
import { Session } from "./Session.ts"
import { Sessions } from "./Sessions.ts"
import { Submitter } from "./Submitter.ts"

export interface EdgeAddress {
  readonly host: string
  readonly port: number
  /** `http://host:port`, without a slash at the end. */
  readonly http: string
  /** `ws://host:port/ws/chat`. */
  readonly chat: string
}

/** Above this the library itself ends the connection (1009): a frame that the protocol refuses politely must fit. */
const MAX_PAYLOAD_BYTES = 2 * MAX_FRAME_BYTES
/** Plain HTTP requests beside the WebSockets. */
const SPARE_CONNECTIONS = 256

/** Node takes its own listener off a socket that asks for an upgrade: without one, a reset would end the process. */
function destroyOnError(this: Duplex): void {
  this.destroy()
}

const refuse = (socket: Duplex, { message, status }: Refusal): void => {
  countUpgrade(status)
  socket.on("error", destroyOnError)
  // A peer that never closes its half would otherwise keep the connection, and hold up a stop.
  socket.once("finish", () => socket.destroy())
  const body = `${message}\n`
  const extra = `${status === 503 ? "Retry-After: 1\r\n" : ""}${status === 405 ? "Allow: GET\r\n" : ""}`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\n${extra}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const protocolsOf = (request: IncomingMessage): ReadonlyArray<string> =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").flatMap((name) => name.trim() || [])

const urlOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`

const make = Effect.fnUntraced(function* (options: EdgeOptions) {
  const { host } = options
  const limits = {
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? DEFAULT_MAX_CONNECTIONS_PER_ADDRESS
  }
  const beat = options.heartbeat ?? DEFAULT_HEARTBEAT
  if (!isLoopback(host)) {
    const detail = "others could reach it, and without identity nobody can be told apart; use 127.0.0.1"
    return yield* new EdgeError({ reason: "Exposed", host, port: options.port, detail })
  }
  const broadcaster = yield* Broadcaster
  const submitter = yield* Submitter
  const readiness = yield* Readiness
  const fork = yield* FiberSet.makeRuntime<never, void, never>()
  let draining = false
  const receive = yield* makeServe(
    (effect) => void fork(effect),
    () => draining
  )
  const outboxes = new Outboxes()
  const sessions = new Sessions({
    onFrame: (session, data, isBinary) => {
      receive(session, { _tag: "Frame", data, isBinary, arrivedAt: performance.now() })
    },
    onClose: (session) => broadcaster.leaveAll(session.outbox)
  })
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    // Frames are written to the raw socket by the outbox, which compression would break; and it costs memory a socket.
    perMessageDeflate: false,
    // Checked with an error of our own: the library would close the socket.
    skipUTF8Validation: true,
    handleProtocols: (asked) => (asked.has(PLAIN_PROTOCOL) ? PLAIN_PROTOCOL : false)
  })
  let allowedOrigins: ReadonlySet<string> = new Set(options.allowedOrigins)

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const [path = "/", query = ""] = (request.url ?? "/").split("?", 2)
    const from = request.socket.remoteAddress ?? ""
    const refusal = refuseUpgrade(
      { method: request.method ?? "", path, origin: request.headers.origin, protocols: protocolsOf(request) },
      { allowedOrigins, draining, open: sessions.size, openFromAddress: sessions.from(from), ...limits }
    )
    if (refusal !== undefined) return refuse(socket, refusal)
    if (!(socket instanceof Socket)) {
      socket.on("error", destroyOnError)
      return void socket.destroy()
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      countUpgrade(101)
      const asked = decodePlainAddress(new URLSearchParams(query))
      const user = Result.isSuccess(asked) ? asked.success.user : undefined
      const now = performance.now()
      const session = new Session(ws, outboxes.open(socket), from, user, now, firstPing(beat, now, Math.random()))
      sessions.add(session)
      if (Result.isFailure(asked)) return session.tell(asked.failure)
      receive(session, { _tag: "Join", room: asked.success.room, limit: asked.success.limit, tries: 0 })
    })
  }

  const server = createServer(
    answerHttp(() => {
      const report = readiness.report()
      return draining ? { ready: false, parts: { ...report.parts, edge: "stopping" } } : report
    })
  )
  server.maxConnections = limits.maxConnections + SPARE_CONNECTIONS
  server.on("upgrade", onUpgrade)
  yield* Effect.sync(() => sessions.sweep(beat, performance.now())).pipe(
    Effect.delay(sweepEveryMs(beat)),
    Effect.forever,
    forkForever("the edge's heartbeat")
  )
  const port = yield* Effect.acquireRelease(listen(server, host, options.port), () =>
    drain({ server, sessions, submitsInFlight: submitter.inFlight, begin: () => (draining = true) })
  )
  if (options.allowedOrigins === undefined) allowedOrigins = ownOrigins(host, port)
  const address: EdgeAddress = {
    host,
    port,
    http: `http://${urlOf(host, port)}`,
    chat: `ws://${urlOf(host, port)}/ws/chat`
  }
  return Edge.of({ address })
})

export class Edge extends Context.Service<Edge, { readonly address: EdgeAddress }>()("attune/edge/Edge") {
  /** Listens as long as the layer lives; then drains: refuses who comes, finishes what is under way, says good-bye. */
  static readonly layer = (options: EdgeOptions) =>
    Layer.effect(Edge, make(options)).pipe(
      Layer.provide(Layer.mergeAll(Submitter.layer, Readiness.layer(readinessChecks(options.durability)))),
      Layer.provide(SequencerWatch.layer)
    )
}
