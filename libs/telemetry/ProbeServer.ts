/**
 * `/healthz`, `/readyz` and `/metrics` of a process that has no edge. `/healthz` answers as long as the process turns,
 * `/readyz` says whether it does its work, `/metrics` is Prometheus text.
 */
import { createServer, type Server, type ServerResponse } from "node:http"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"

/** The probes' port cannot be listened on. */
export class ProbePortUnusable extends Data.TaggedError("ProbePortUnusable")<{
  readonly port: number
  readonly reason: string
}> {
  readonly retryable = false
  override get message(): string {
    return `port ${this.port} of 127.0.0.1 cannot be used for probes (${this.reason}); choose another with ATTUNE_METRICS_PORT`
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const text = (status: number, body: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${body}\n`
})

const answer = (path: string, isReady: Effect.Effect<boolean>): Effect.Effect<Answer> => {
  switch (path) {
    case "/healthz":
      return Effect.succeed(text(200, "ok"))
    case "/readyz":
      return Effect.map(isReady, (ready) => (ready ? text(200, "ready") : text(503, "not ready")))
    case "/metrics":
      return Effect.map(PrometheusMetrics.format(), (body) => ({
        status: 200,
        type: "text/plain; version=0.0.4; charset=utf-8",
        body
      }))
    default:
      return Effect.succeed(text(404, "not found"))
  }
}

const write = (response: ServerResponse, { body, status, type }: Answer): void => {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body)
}

const listen = (server: Server, port: number) =>
  Effect.callback<number, ProbePortUnusable>((resume) => {
    server.once("error", (error) => resume(Effect.fail(new ProbePortUnusable({ port, reason: error.message }))))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

const close = (server: Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

export class ProbeServer extends Context.Service<ProbeServer, { readonly port: number }>()(
  "attune/telemetry/ProbeServer"
) {
  /** Listens on `port` of 127.0.0.1 (0: a free one) as long as the layer lives. */
  static readonly layer = (port: number, isReady: Effect.Effect<boolean>) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const run = Effect.runForkWith(yield* Effect.context())
        const server = createServer((request, response) => {
          const path = (request.url ?? "/").split("?", 1).join("")
          run(Effect.map(answer(path, isReady), (found) => write(response, found)))
        })
        yield* Effect.addFinalizer(() => close(server))
        return ProbeServer.of({ port: yield* listen(server, port) })
      })
    )
}
