/**
 * The bounded way out to one reader: finished frames over the raw socket under a WebSocket (legal because
 * permessage-deflate is off). All frames of one tick leave in one write, which costs a third of a write each; while the
 * kernel has not taken one write the next is not made, so that a slow reader is known by what waits here (invariant I9).
 *
 * Plain code: this runs once a reader and message. An idle reader costs one small object: no closure, no list.
 */
import type { Socket } from "node:net"
import * as Context from "effect/Context"
import { closeCodes } from "#libs/protocol/closeCodes.ts"
import { Batch } from "./Batch.ts"
import { closeFrame } from "./frame.ts"
import { bytesSent, framesSent, slowReadersCutOff } from "./metrics.ts"

export interface OutboxOptions {
  /** Most bytes that may wait for one reader, those under way and the frame just offered included. */
  readonly maxBytes: number
  /** The same, in frames. */
  readonly maxFrames: number
  /** What a reader that is cut off is told, if it still listens: a code that lets it come back and resume. */
  readonly closeCode: number
  readonly closeReason: string
}

export const DEFAULT_OUTBOX: OutboxOptions = {
  maxBytes: 1024 * 1024,
  maxFrames: 256,
  closeCode: closeCodes.slowReader.code,
  closeReason: closeCodes.slowReader.reason
}

/** How long a reader that was cut off may still take to read why. */
const FAREWELL_MS = 2_000

/** Metrics are updated outside of any fiber, in the process's own registry. */
const METRICS = Context.empty()

/** The outboxes of one process: what they share, so that none of them has to hold it. */
export class Outboxes {
  readonly options: OutboxOptions
  readonly farewell: Buffer
  /** Where batches of this tick start; replaced each tick, so that frames do not outlive it here. */
  start = Batch.empty()
  #waiting: Array<Outbox> = []
  #frames = 0
  #bytes = 0

  constructor(options: OutboxOptions = DEFAULT_OUTBOX) {
    this.options = options
    this.farewell = closeFrame(options.closeCode, options.closeReason)
  }

  open(socket: Socket): Outbox {
    return new Outbox(this, socket)
  }

  /**
   * Has the outbox flushed as soon as what runs now has run, which is all messages of one read from the broker. A later
   * turn of the event loop would join no more of them and cost each reader a little time (ADR 0010).
   */
  schedule(outbox: Outbox): void {
    if (this.#waiting.push(outbox) === 1) queueMicrotask(this.#flushAll)
  }

  count(frames: number, bytes: number): void {
    this.#frames += frames
    this.#bytes += bytes
  }

  readonly #flushAll = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    this.start = Batch.empty()
    for (const outbox of waiting) outbox.flush()
    framesSent.updateUnsafe(this.#frames, METRICS)
    bytesSent.updateUnsafe(this.#bytes, METRICS)
    this.#frames = 0
    this.#bytes = 0
  }
}

export class Outbox {
  readonly #shared: Outboxes
  readonly #socket: Socket
  #pending: Batch | undefined
  /** Frames of the one write that the kernel has not wholly taken. */
  #underWay = 0
  /** Which write that is: a finished one reports after the next may have begun. */
  #writes = 0
  #open = true

  constructor(shared: Outboxes, socket: Socket) {
    this.#shared = shared
    this.#socket = socket
  }

  /**
   * Queues a buffer of `frames` finished frames. False: the reader is gone, or was cut off just now because its queue is
   * full; nothing will be sent to it any more.
   */
  offer(buffer: Buffer, frames = 1): boolean {
    if (!this.#open || !this.#socket.writable) return false
    // Before giving up on a reader, see what the kernel takes: a burst within one tick is not slowness.
    if (!this.#fits(buffer, frames)) this.flush()
    if (!this.#fits(buffer, frames)) {
      this.#cutOff()
      return false
    }
    const pending = this.#pending
    this.#pending = (pending ?? this.#shared.start).with(buffer, frames)
    if (pending === undefined && this.#underWay === 0) this.#shared.schedule(this)
    return true
  }

  /** True while nothing waits: whoever has much to send sends it then. */
  ready(): boolean {
    this.flush()
    return this.#pending === undefined && this.#underWay === 0
  }

  /** Hands over at once what waits, unless the kernel is still busy with the write before. */
  flush(): void {
    const batch = this.#pending
    if (batch === undefined || this.#underWay > 0 || !this.#socket.writable) return
    this.#pending = undefined
    this.#underWay = batch.frames
    this.#shared.count(batch.frames, batch.byteLength)
    const write = ++this.#writes
    this.#socket.write(batch.bytes(), () => {
      if (write !== this.#writes) return
      this.#underWay = 0
      this.flush()
    })
    if (this.#socket.writableLength === 0) this.#underWay = 0
  }

  /** Takes nothing more; what waits is handed over. For a caller that is about to close the WebSocket itself. */
  stop(): void {
    this.flush()
    this.#open = false
  }

  #fits(buffer: Buffer, frames: number): boolean {
    const { maxBytes, maxFrames } = this.#shared.options
    const bytes = this.#socket.writableLength + (this.#pending?.byteLength ?? 0) + buffer.byteLength
    return bytes <= maxBytes && this.#underWay + (this.#pending?.frames ?? 0) + frames <= maxFrames
  }

  #cutOff(): void {
    const socket = this.#socket
    this.#open = false
    this.#pending = undefined
    slowReadersCutOff.updateUnsafe(1, METRICS)
    socket.end(this.#shared.farewell)
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS)
    socket.once("close", () => clearTimeout(timer))
  }
}
