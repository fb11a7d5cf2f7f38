/**
 * What lies between a consumer and the reader of a stream: the messages that wait, and the rule which message may come
 * next. It has no I/O; tail.ts feeds it.
 */
import type { Delivery } from "./delivery.ts"
import { NatsError } from "./NatsError.ts"
import type { StoredMessage } from "./StoredMessage.ts"
import * as Effect from "effect/Effect"

/** Sequences that were skipped: from the first missing one up to the one that came instead. */
export interface Hole {
  readonly from: number
  readonly to: number
}

export interface InflowOptions {
  readonly stream: string
  readonly from: number
  /** Without a filter every sequence must come. */
  readonly filter?: string
  readonly onLag?: (pending: number) => void
}

/** The stream ends before what was already read of it. */
export const shorter = (stream: string, expected: number, found: number) =>
  new NatsError({
    operation: `tail ${stream}`,
    reason: "Drift",
    detail: `${stream} counts at ${found} what was read up to ${expected - 1}: it was restored or made anew`
  })

const nothing = () => undefined

/** An empty inflow that expects `from`. */
export const makeInflow = ({ stream, from, filter, onLag }: InflowOptions) => {
  let buffer: Array<StoredMessage> = []
  let expected = from
  let pending = 0
  let failure: NatsError | undefined
  let hole: Hole | undefined
  let awake: (() => void) | undefined
  let refill: () => void = nothing
  let scheduled = false

  // What one packet brings is handed over together.
  const wake = () => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      awake?.()
    })
  }
  const fail = (error: NatsError) => {
    failure ??= error
    wake()
  }
  const push = (message: StoredMessage) => {
    buffer.push(message)
    expected = message.seq + 1
    wake()
  }
  return {
    expected: () => expected,
    waiting: () => buffer.length,
    failed: () => failure !== undefined,
    /** The hole that `accept` has met, once. */
    takeHole: () => {
      const found = hole
      hole = undefined
      return found
    },
    /** What to call when the reader has taken something. */
    onTaken: (next: () => void = nothing) => {
      refill = next
    },
    fail,
    push,
    /** False if this message may not come now: the stream is too short (a failure), or something was skipped (a hole). */
    accept: (delivery: Delivery, message: () => StoredMessage): boolean => {
      if (delivery.seq < expected) {
        fail(shorter(stream, expected, delivery.seq))
        return false
      }
      if (filter === undefined && delivery.seq > expected) {
        hole = { from: expected, to: delivery.seq }
        return false
      }
      pending = delivery.pending
      push(message())
      return true
    },
    /** The next batch, as soon as there is one; what came before a failure is given first. */
    next: Effect.callback<ReadonlyArray<StoredMessage>, NatsError>((resume) => {
      awake = () => {
        if (buffer.length === 0 && failure === undefined) return
        // Before the reader is resumed: it may run at once and wait for the batch after this one.
        awake = undefined
        if (buffer.length === 0 && failure !== undefined) return resume(Effect.fail(failure))
        const batch = buffer
        buffer = []
        onLag?.(pending)
        resume(Effect.succeed(batch))
        refill()
      }
      awake()
      return Effect.sync(() => {
        awake = undefined
      })
    })
  }
}
export type Inflow = ReturnType<typeof makeInflow>
