/**
 * Finished WebSocket frames from server to client (RFC 6455, section 5): unmasked, unfragmented, uncompressed. A frame is
 * built once and its bytes are written to every reader, which is legal because permessage-deflate is off.
 */

const FIN = 0x80
const OPCODE_TEXT = 0x1
const OPCODE_CLOSE = 0x8

const LENGTH_16 = 126
const LENGTH_64 = 127
const MAX_7_BITS = 125
const MAX_16_BITS = 0xffff

/** A control frame carries at most this much, two bytes of it the code. */
const MAX_CONTROL_BYTES = 125
const CODE_BYTES = 2

const headerBytes = (length: number): number => (length <= MAX_7_BITS ? 2 : length <= MAX_16_BITS ? 4 : 10)

const writeHeader = (frame: Buffer, opcode: number, length: number): number => {
  frame[0] = FIN | opcode
  if (length <= MAX_7_BITS) {
    frame[1] = length
    return 2
  }
  if (length <= MAX_16_BITS) {
    frame[1] = LENGTH_16
    return frame.writeUInt16BE(length, 2)
  }
  frame[1] = LENGTH_64
  return frame.writeUInt32BE(length % 2 ** 32, frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2))
}

/** The frame of one text message. */
export const textFrame = (text: string): Buffer => {
  const length = Buffer.byteLength(text)
  // From no pool: a queued frame would otherwise keep its whole slab alive.
  const frame = Buffer.allocUnsafeSlow(headerBytes(length) + length)
  frame.write(text, writeHeader(frame, OPCODE_TEXT, length))
  return frame
}

/** Cuts a text so that its UTF-8 form has at most `max` bytes and no broken character. */
const cutToBytes = (text: string, max: number): string => {
  if (Buffer.byteLength(text) <= max) return text
  let kept = ""
  for (const character of text) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > max) break
    kept += character
  }
  return kept
}

/** The frame that ends a connection. A reason longer than a control frame holds is cut. */
export const closeFrame = (code: number, reason = ""): Buffer => {
  const kept = cutToBytes(reason, MAX_CONTROL_BYTES - CODE_BYTES)
  const length = CODE_BYTES + Buffer.byteLength(kept)
  const frame = Buffer.allocUnsafeSlow(headerBytes(length) + length)
  const body = writeHeader(frame, OPCODE_CLOSE, length)
  frame.write(kept, frame.writeUInt16BE(code, body))
  return frame
}
