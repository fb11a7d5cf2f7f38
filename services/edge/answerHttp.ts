/** The edge's three pages for machines: `/healthz`, `/readyz`, `/metrics`. */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { CHAT_PATH } from "./admitUpgrade.ts"
import { METRICS } from "./metrics.ts"
import type { ReadinessReport } from "./Readiness.ts"

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

const JSON_TYPE = "application/json; charset=utf-8"
const text = (status: number, body: string): Page => ({ status, type: "text/plain; charset=utf-8", body: `${body}\n` })

const pages: Readonly<Record<string, (report: () => ReadinessReport) => Page>> = {
  "/healthz": () => text(200, "ok"),
  "/readyz": (report) => {
    const now = report()
    return { status: now.ready ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify(now)}\n` }
  },
  "/metrics": () => ({
    status: 200,
    type: "text/plain; version=0.0.4; charset=utf-8",
    body: PrometheusMetrics.formatUnsafe(METRICS)
  }),
  [CHAT_PATH]: () => text(426, "this is a WebSocket; see docs/protocol.md")
}

export const answerHttp =
  (report: () => ReadinessReport) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "/").split("?", 1).join("")
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    const isRead = request.method === "GET" || request.method === "HEAD"
    const { body, status, type } =
      page === undefined ? text(404, "not found") : isRead ? page(report) : text(405, "only GET is answered here")
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "cache-control": "no-store",
      ...(status === 405 ? { allow: "GET, HEAD" } : {}),
      ...(status === 426 ? { upgrade: "websocket", connection: "upgrade" } : {})
    })
    response.end(request.method === "HEAD" ? undefined : body)
  }
