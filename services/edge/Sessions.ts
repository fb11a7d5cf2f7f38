/**
 * All sockets of this edge: who they are, how many an address has, and the heartbeat of them all by one timer. The
 * listeners are shared by all sockets, so that an idle one costs no closure.
 */
import type { RawData, WebSocket } from "ws"
import { closeCodes } from "#libs/protocol/closeCodes.ts"
import { type HeartbeatSettings, heartbeat } from "./heartbeat.ts"
import { connections, METRICS, silentClosed } from "./metrics.ts"
import type { Session } from "./Session.ts"

export interface SessionEvents {
  /** A message frame arrived, with its bytes as they came. */
  readonly onFrame: (session: Session, data: Buffer, isBinary: boolean) => void
  readonly onClose: (session: Session) => void
}

/** A socket's listeners, which find their session by `this`. */
type Listener<Args extends ReadonlyArray<unknown> = []> = (this: WebSocket, ...args: Args) => void

export class Sessions {
  readonly #byWebSocket = new Map<WebSocket, Session>()
  readonly #byAddress = new Map<string, number>()
  readonly #onMessage: Listener<[RawData, boolean]>
  readonly #onHeard: Listener
  readonly #onClose: Listener

  constructor({ onClose, onFrame }: SessionEvents) {
    const sessions = this.#byWebSocket
    const forget = (session: Session) => {
      session.closed = true
      sessions.delete(session.ws)
      this.#count(session.address, -1)
      onClose(session)
    }
    this.#onMessage = function (data, isBinary) {
      const session = sessions.get(this)
      if (session === undefined || !Buffer.isBuffer(data)) return
      session.heardAt = performance.now()
      onFrame(session, data, isBinary)
    }
    this.#onHeard = function () {
      const session = sessions.get(this)
      if (session !== undefined) session.heardAt = performance.now()
    }
    this.#onClose = function () {
      const session = sessions.get(this)
      if (session !== undefined) forget(session)
    }
  }

  add(session: Session): void {
    this.#byWebSocket.set(session.ws, session)
    this.#count(session.address, 1)
    session.ws.on("message", this.#onMessage)
    session.ws.on("ping", this.#onHeard)
    session.ws.on("pong", this.#onHeard)
    session.ws.on("close", this.#onClose)
    session.ws.on("error", onError)
  }

  get size(): number {
    return this.#byWebSocket.size
  }

  from(address: string): number {
    return this.#byAddress.get(address) ?? 0
  }

  /** Every client has the outcome of all it sent. */
  areSettled(): boolean {
    for (const session of this.#byWebSocket.values()) if (!session.isSettled()) return false
    return true
  }

  /** Pings who is due, and closes who was silent for too long. */
  sweep(settings: HeartbeatSettings, now: number): void {
    for (const session of this.#byWebSocket.values()) {
      // Nothing is read from a paused socket, so nothing can be heard.
      if (session.ws.isPaused) session.heardAt = now
      switch (heartbeat(settings, session, now)) {
        case "wait":
          break
        case "ping":
          session.pingDue = now + settings.intervalMs
          if (session.ws.readyState === session.ws.OPEN) session.ws.ping()
          break
        case "give up":
          silentClosed.updateUnsafe(1, METRICS)
          this.#end(session, closeCodes.silent)
          session.ws.terminate()
          break
      }
    }
  }

  /** Tells everybody that the server goes, behind all that was queued for them. */
  closeAll(): void {
    for (const session of this.#byWebSocket.values()) this.#end(session, closeCodes.goingAway)
  }

  terminateAll(): void {
    for (const session of this.#byWebSocket.values()) session.ws.terminate()
  }

  #end(session: Session, { code, reason }: { readonly code: number; readonly reason: string }): void {
    session.outbox.stop()
    if (session.ws.isPaused) session.ws.resume()
    session.ws.close(code, reason)
  }

  #count(address: string, by: 1 | -1): void {
    const count = this.from(address) + by
    if (count === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, count)
    connections.updateUnsafe(this.#byWebSocket.size, METRICS)
  }
}

/** A broken line, or a breach of the WebSocket protocol: the library closes the socket itself, and "close" follows. */
const onError = (): void => undefined
