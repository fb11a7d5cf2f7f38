/**
 * Reading a stream for ever: every message once, in order, from any place, at most `CAPACITY` waiting. It recovers by
 * itself within seconds when the server it talks to dies, restarts or drops its consumer (ADR 0005).
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { askApi } from "./api.ts"
import { deliveredMessage } from "./delivery.ts"
import type { Connection } from "./NatsConnection.ts"
import { NatsError } from "./NatsError.ts"
import type { Hole, Inflow } from "./inflow.ts"
import { makeInflow, shorter } from "./inflow.ts"
import type { PullEnd } from "./pull.ts"
import { pull } from "./pull.ts"
import { rangeFromLeader } from "./rangeFromLeader.ts"
import type { StoredMessage } from "./StoredMessage.ts"
import { decodeStream } from "./StreamConfig.ts"

export interface TailOptions {
  readonly stream: string
  /** The first sequence wanted, from 1. */
  readonly from: number
  /** Only messages of subjects that match; then holes between them are no holes. */
  readonly filter?: string
  /** Told with every batch how many messages wait in the stream behind it. */
  readonly onLag?: (pending: number) => void
  /** Told each time that reading had to be started again. */
  readonly onRestart?: (reason: PullEnd) => void
}

const CAPACITY = 1_000
const RETRY_EVERY = "100 millis"
/** A new leader may not have applied yet what the old one delivered; a stream that is really shorter stays so. */
const PATIENCE_MS = 5_000
const API_TIMEOUT_MS = 1_500

const checkLength = Effect.fnUntraced(function* (connection: Connection, stream: string, expected: number) {
  const { lastSeq } = yield* askApi(connection, {
    endpoint: `STREAM.INFO.${stream}`,
    decode: decodeStream,
    timeoutMs: API_TIMEOUT_MS
  })
  return lastSeq + 1 >= expected ? undefined : shorter(stream, expected, lastSeq)
})

const connected = (connection: Connection): Effect.Effect<void, NatsError> =>
  Effect.callback((resume) => {
    const closed = () =>
      resume(Effect.fail(new NatsError({ operation: "tail", reason: "Refused", detail: "the connection was closed" })))
    if (connection.raw.isClosed()) return closed()
    if (connection.isConnected()) return resume(Effect.void)
    const stop = connection.onChange((change) => {
      if (change === "closed") closed()
      if (change === "reconnected") resume(Effect.void)
    })
    return Effect.sync(stop)
  })

const life = Effect.fnUntraced(function* (connection: Connection, options: TailOptions, inflow: Inflow) {
  const { stream, filter } = options
  const source = yield* pull(connection, {
    stream,
    from: inflow.expected(),
    capacity: CAPACITY,
    waiting: inflow.waiting,
    accept: (message, delivery) => inflow.accept(delivery, () => deliveredMessage(message, delivery)),
    ...(filter === undefined ? {} : { filter })
  })
  inflow.onTaken(source.refill)
  return yield* source.ended.pipe(Effect.ensuring(Effect.sync(() => inflow.onTaken())))
}, Effect.scoped)

const supervise = Effect.fnUntraced(function* (connection: Connection, options: TailOptions, inflow: Inflow) {
  let lastHole: Hole | undefined
  let shortSince: number | undefined
  while (!inflow.failed()) {
    yield* connected(connection)
    const short = yield* checkLength(connection, options.stream, inflow.expected())
    if (short !== undefined) {
      shortSince ??= performance.now()
      if (performance.now() - shortSince > PATIENCE_MS) inflow.fail(short)
      yield* Effect.sleep(RETRY_EVERY)
      continue
    }
    shortSince = undefined
    const end = yield* life(connection, options, inflow)
    options.onRestart?.(end)
    const hole = inflow.takeHole()
    // A hole seen twice is not this consumer's: the leader has the messages, or nobody has.
    if (hole !== undefined && hole.from === lastHole?.from) yield* fill(connection, options.stream, hole, inflow)
    lastHole = hole
    if (hole === undefined) yield* Effect.sleep(RETRY_EVERY)
  }
})

const fill = Effect.fnUntraced(function* (connection: Connection, stream: string, { to }: Hole, inflow: Inflow) {
  while (inflow.expected() < to) {
    if (inflow.waiting() >= CAPACITY) {
      yield* Effect.sleep(RETRY_EVERY)
      continue
    }
    const end = Math.min(to, inflow.expected() + CAPACITY)
    for (const message of yield* rangeFromLeader(connection, stream, inflow.expected(), end)) inflow.push(message)
  }
})

/**
 * The messages of a stream in non-empty batches of at most about a thousand, in order, each once. Without a filter
 * sequences are contiguous: a message that even the leader does not have is `NotFound`. A stream shorter than `from` is
 * `Drift`. Both, and refusals such as missing rights, end the stream; a broker that is away does not.
 */
export const tail = (
  connection: Connection,
  options: TailOptions
): Stream.Stream<ReadonlyArray<StoredMessage>, NatsError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const inflow = makeInflow(options)
      yield* supervise(connection, options, inflow).pipe(
        Effect.retry({ while: ({ retryable }) => retryable, schedule: Schedule.spaced(RETRY_EVERY) }),
        Effect.catchTag("NatsError", (error) => Effect.sync(() => inflow.fail(error))),
        Effect.forkScoped
      )
      return Stream.fromEffectRepeat(inflow.next)
    })
  )
