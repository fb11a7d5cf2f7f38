/**
 * A plain-mode client for tests: it keeps all it was sent, and waits for what a test expects instead of sleeping. When
 * that does not come, the error says what came instead.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { WebSocket } from "ws"

/** A frame as it came: fields by name. */
export type Received = Readonly<Record<string, unknown>>

export interface TestClientOptions {
  /** The edge's `ws://…/ws/chat`. */
  readonly chat: string
  /** What the address asks for, as it stands in the query. */
  readonly query?: Readonly<Record<string, string>>
  readonly origin?: string
  readonly protocols?: ReadonlyArray<string>
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

const WAIT_MS = 15_000
const SHOWN = 12

const decodeFrame = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const shown = (frames: ReadonlyArray<Received>): string =>
  frames.length === 0
    ? "nothing"
    : frames
        .slice(-SHOWN)
        .map((frame) => JSON.stringify(frame).slice(0, 300))
        .join("\n  ")

export class TestClient {
  readonly ws: WebSocket
  /** Everything received, in order. */
  readonly transcript: Array<Received> = []
  readonly closed: Promise<Closed>
  #isClosed = false
  readonly #watchers = new Set<() => void>()

  private constructor(ws: WebSocket) {
    this.ws = ws
    ws.on("message", (data, isBinary) => {
      const text = Buffer.isBuffer(data) ? data.toString() : ""
      const decoded = decodeFrame(text)
      const unreadable = { unreadable: text.slice(0, 300) }
      this.transcript.push(isBinary || Result.isFailure(decoded) ? unreadable : decoded.success)
      this.#look()
    })
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => {
        this.#isClosed = true
        resolve({ code, reason: reason.toString() })
        this.#look()
      })
    })
  }

  /** Opens a connection; rejects with `HTTP <status>: <body>` when the upgrade is refused. */
  static async connect({ chat, origin, protocols = [], query = {} }: TestClientOptions): Promise<TestClient> {
    const ws = new WebSocket(`${chat}?${new URLSearchParams(query).toString()}`, [...protocols], {
      perMessageDeflate: false,
      ...(origin === undefined ? {} : { origin })
    })
    // What is sent right after the opening must not be missed.
    const client = new TestClient(ws)
    await new Promise<void>((resolve, reject) => {
      ws.once("open", resolve)
      ws.once("error", reject)
      ws.once("unexpected-response", (_, response) => {
        let body = ""
        response.on("data", (chunk: Buffer) => (body += chunk.toString()))
        response.on("end", () => reject(new Error(`HTTP ${response.statusCode}: ${body.trim()}`)))
      })
    })
    ws.on("error", () => undefined)
    return client
  }

  /** Joins a room by the address. */
  static readonly join = (chat: string, room: string, more: Readonly<Record<string, string>> = {}) =>
    TestClient.connect({ chat, query: { room_id: room, ...more } })

  /** Sends a frame: an object as JSON, anything else as it is. */
  send(frame: object | string | Buffer): void {
    this.ws.send(typeof frame === "object" && !Buffer.isBuffer(frame) ? JSON.stringify(frame) : frame)
  }

  say(room: string, user: string, text: string, clientId?: string): void {
    this.send({ room_id: room, user_id: user, text, ...(clientId === undefined ? {} : { client_id: clientId }) })
  }

  /** Waits until `find` finds something in all that was received. */
  until<A>(what: string, find: (frames: ReadonlyArray<Received>) => A | undefined, withinMs = WAIT_MS): Promise<A> {
    return new Promise((resolve, reject) => {
      const give = (why: string) =>
        reject(new Error(`${why} waiting for ${what}; received:\n  ${shown(this.transcript)}`))
      const stop = () => {
        clearTimeout(timer)
        this.#watchers.delete(look)
      }
      const timer = setTimeout(() => {
        stop()
        give(`${withinMs} ms over`)
      }, withinMs)
      const look = () => {
        const found = find(this.transcript)
        if (found !== undefined) {
          stop()
          resolve(found)
        } else if (this.#isClosed) {
          stop()
          give("connection closed")
        }
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** The message with this text, when it has come. */
  message(text: string, withinMs = WAIT_MS): Promise<Received> {
    return this.until(
      `the message ${JSON.stringify(text)}`,
      (frames) => frames.find((frame) => frame["type"] !== "error" && frame["text"] === text),
      withinMs
    )
  }

  /** The first error with this code, or about this client message id, when it has come. */
  error(about: { readonly code?: string; readonly clientId?: string }, withinMs = WAIT_MS): Promise<Received> {
    return this.until(
      `an error ${JSON.stringify(about)}`,
      (frames) =>
        frames.find(
          (frame) =>
            frame["type"] === "error" &&
            (about.code === undefined || frame["code"] === about.code) &&
            (about.clientId === undefined || frame["client_id"] === about.clientId)
        ),
      withinMs
    )
  }

  /** The texts of all messages received so far, in order. */
  get texts(): ReadonlyArray<string> {
    return this.transcript.flatMap((frame) => (typeof frame["text"] === "string" ? [frame["text"]] : []))
  }

  async close(): Promise<void> {
    this.ws.close(1000)
    await this.closed
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
