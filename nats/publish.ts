/**
 * Writing to streams. The client library's own batch hides the server's error and drops expectations, so both a single
 * message and a batch are sent here as plain requests (nats.md sections 5 and 12).
 */
import { headers as natsHeaders, nuid } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "./NatsConnection.ts"
import { NatsError, natsErrorOf, natsErrorOfCode } from "./NatsError.ts"

export interface Outgoing {
  readonly subject: string
  readonly data: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface PublishOptions {
  /** How long to wait for the acknowledgement, in milliseconds. */
  readonly timeoutMs?: number
}

const PublishAnswer = Schema.Struct({
  stream: Schema.optionalKey(Schema.String),
  seq: Schema.optionalKey(Schema.Natural),
  duplicate: Schema.optionalKey(Schema.Boolean),
  error: Schema.optionalKey(
    Schema.Struct({ err_code: Schema.optionalKey(Schema.Int), description: Schema.optionalKey(Schema.String) })
  )
})
const decodeAnswer = Schema.decodeUnknownResult(PublishAnswer)

/** The broker has it: `seq` is its place (of the first copy, if it is a `duplicate`). */
export interface Acknowledged {
  readonly seq: number
  readonly duplicate: boolean
}

const DEFAULT_TIMEOUT_MS = 2_000

const headersOf = (values: Readonly<Record<string, string>> | undefined) => {
  const result = natsHeaders()
  for (const [name, value] of Object.entries(values ?? {})) result.set(name, value)
  return result
}

const acknowledge = (operation: string, answer: unknown): Effect.Effect<Acknowledged, NatsError> => {
  const decoded = decodeAnswer(answer)
  if (Result.isFailure(decoded)) {
    return Effect.fail(new NatsError({ operation, reason: "Protocol", detail: "not an acknowledgement" }))
  }
  const { error, seq, duplicate } = decoded.success
  if (error !== undefined) {
    return Effect.fail(natsErrorOfCode(operation, error.err_code, error.description ?? "refused"))
  }
  return seq === undefined
    ? Effect.fail(new NatsError({ operation, reason: "Protocol", detail: "an acknowledgement without a sequence" }))
    : Effect.succeed({ seq, duplicate: duplicate ?? false })
}

/** Publishes one message and waits until the broker has stored it. */
export const publish = (
  { raw }: Connection,
  message: Outgoing,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: PublishOptions = {}
): Effect.Effect<Acknowledged, NatsError> =>
  Effect.tryPromise({
    try: async (): Promise<unknown> =>
      (
        await raw.request(message.subject, message.data, { headers: headersOf(message.headers), timeout: timeoutMs })
      ).json(),
    catch: natsErrorOf("publish")
  }).pipe(Effect.flatMap((answer) => acknowledge("publish", answer)))

/**
 * Publishes up to 1,000 messages of one stream, all or none, in one round trip. Each message may carry an expectation;
 * one that does not hold refuses them all. A single message is sent as such: it costs a quarter of a batch.
 */
export const publishBatch = (
  connection: Connection,
  messages: readonly [Outgoing, ...ReadonlyArray<Outgoing>],
  { timeoutMs = DEFAULT_TIMEOUT_MS }: PublishOptions = {}
): Effect.Effect<Acknowledged, NatsError> => {
  if (messages.length === 1) return publish(connection, messages[0], { timeoutMs })
  return Effect.tryPromise({
    try: async (): Promise<unknown> => {
      const id = nuid.next()
      let reply: unknown
      for (const [index, message] of messages.entries()) {
        const headers = headersOf(message.headers)
        headers.set("Nats-Batch-Id", id)
        headers.set("Nats-Batch-Sequence", String(index + 1))
        if (index < messages.length - 1) {
          connection.raw.publish(message.subject, message.data, { headers })
        } else {
          headers.set("Nats-Batch-Commit", "1")
          reply = (await connection.raw.request(message.subject, message.data, { headers, timeout: timeoutMs })).json()
        }
      }
      return reply
    },
    catch: natsErrorOf("publish batch")
  }).pipe(Effect.flatMap((answer) => acknowledge("publish batch", answer)))
}
