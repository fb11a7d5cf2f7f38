/**
 * A WebSocket client that costs next to nothing a frame, so that on a small machine the measured server has most of the
 * processor. It understands what servers send here: unmasked text frames without extensions. Both the gateway and the
 * bare floor are read by it, so neither gains by it.
 */
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import { connect } from "node:net"

const OPCODE_TEXT = 1
const OPCODE_CLOSE = 8
const OPCODE_PING = 9

export interface LeanHandlers {
  /** One text frame's payload: `bytes.subarray(start, end)`, valid only during the call. */
  readonly onText: (bytes: Buffer, start: number, end: number) => void
  readonly onClose: (code: number) => void
}

const maskedFrame = (opcode: number, payload: Buffer): Buffer => {
  const extended = payload.length < 126 ? 0 : 2
  const frame = Buffer.alloc(2 + extended + 4 + payload.length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (extended === 0 ? payload.length : 126)
  if (extended === 2) frame.writeUInt16BE(payload.length, 2)
  // A mask of zeros is a valid mask, and saves the work of applying one.
  payload.copy(frame, 2 + extended + 4)
  return frame
}

export class LeanSocket {
  private readonly socket: Socket
  private readonly handlers: LeanHandlers
  private rest: Buffer | undefined

  private constructor(socket: Socket, handlers: LeanHandlers) {
    this.socket = socket
    this.handlers = handlers
  }

  static open(port: number, path: string, handlers: LeanHandlers): Promise<LeanSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true })
      const client = new LeanSocket(socket, handlers)
      let head = Buffer.alloc(0)
      const onHandshake = (chunk: Buffer) => {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf("\r\n\r\n")
        if (end < 0) return
        socket.off("data", onHandshake)
        if (!head.subarray(0, end).toString("latin1").startsWith("HTTP/1.1 101")) {
          socket.destroy()
          reject(new Error(`upgrade refused: ${head.subarray(0, 40).toString("latin1")}`))
          return
        }
        socket.on("data", (data: Buffer) => client.receive(data))
        resolve(client)
        if (head.length > end + 4) client.receive(head.subarray(end + 4))
      }
      socket.on("data", onHandshake)
      socket.once("error", reject)
      socket.once("close", () => handlers.onClose(1006))
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n\r\n`
      )
    })
  }

  send(text: string): void {
    this.socket.write(maskedFrame(OPCODE_TEXT, Buffer.from(text)))
  }

  close(): void {
    this.socket.destroy()
  }

  private receive(chunk: Buffer): void {
    const data = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk])
    let offset = 0
    while (data.length - offset >= 2) {
      const opcode = (data[offset] ?? 0) & 0x0f
      let length = (data[offset + 1] ?? 0) & 0x7f
      let start = offset + 2
      if (length === 126) {
        if (data.length - offset < 4) break
        length = data.readUInt16BE(offset + 2)
        start += 2
      } else if (length === 127) {
        if (data.length - offset < 10) break
        length = Number(data.readBigUInt64BE(offset + 2))
        start += 8
      }
      if (data.length < start + length) break
      offset = start + length
      if (opcode === OPCODE_TEXT) this.handlers.onText(data, start, offset)
      else if (opcode === OPCODE_PING) this.socket.write(maskedFrame(10, data.subarray(start, offset)))
      else if (opcode === OPCODE_CLOSE) this.handlers.onClose(length >= 2 ? data.readUInt16BE(start) : 1005)
    }
    this.rest = offset === data.length ? undefined : data.subarray(offset)
  }
}
