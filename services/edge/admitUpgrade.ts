/** Who may open a WebSocket here (docs/protocol.md): the right path, a known origin, room for one more. Pure. */

/** The one protocol spoken today; asking for none means the same. */
export const PLAIN_PROTOCOL = "chat.plain.json"
export const CHAT_PATH = "/ws/chat"

export interface UpgradeRequest {
  readonly method: string
  readonly path: string
  /** Only browsers send it; they always do. */
  readonly origin: string | undefined
  /** The subprotocols asked for. */
  readonly protocols: ReadonlyArray<string>
}

export interface UpgradeSituation {
  readonly allowedOrigins: ReadonlySet<string>
  readonly draining: boolean
  /** Sockets open now: all, and those of the asking address. */
  readonly open: number
  readonly openFromAddress: number
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/** An HTTP answer instead of an upgrade. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 429 | 503
  readonly message: string
}

const refusal = (status: Refusal["status"], message: string): Refusal => ({ status, message })

/** Why the upgrade is refused; undefined: it is not. */
export const refuseUpgrade = (request: UpgradeRequest, now: UpgradeSituation): Refusal | undefined => {
  if (request.path !== CHAT_PATH) return refusal(404, `no WebSocket here; use ${CHAT_PATH}`)
  if (request.method !== "GET") return refusal(405, "a WebSocket is opened with GET")
  if (request.origin !== undefined && !now.allowedOrigins.has(request.origin)) {
    return refusal(403, "this origin is not allowed; see ATTUNE_ALLOWED_ORIGINS")
  }
  if (request.protocols.length > 0 && !request.protocols.includes(PLAIN_PROTOCOL)) {
    return refusal(400, `none of these subprotocols is spoken here; ask for ${PLAIN_PROTOCOL} or for none`)
  }
  if (now.draining) return refusal(503, "the server is stopping; try again in a moment")
  if (now.open >= now.maxConnections) return refusal(503, "too many connections; try again later")
  if (now.openFromAddress >= now.maxConnectionsPerAddress) {
    return refusal(429, "too many connections from this address; close some")
  }
  return undefined
}

/** How pages served from this machine name the server: what is allowed when the operator names no origins. */
export const ownOrigins = (host: string, port: number): ReadonlySet<string> =>
  new Set([host.includes(":") ? `[${host}]` : host, "127.0.0.1", "localhost"].map((name) => `http://${name}:${port}`))
