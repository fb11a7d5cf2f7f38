/**
 * Writing to streams. The client library's own batch hides the server's error and drops expectations, so both a single
 * message and a batch are sent here as plain requests.
 */
import { headers as natsHeaders, type Msg, nuid } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "./NatsConnection.ts"
import { NatsError, natsErrorOf, natsErrorOfCode } from "./NatsError.ts"
import type { Question } from "./Replies.ts"

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

const jsonOf = (answer: Msg): unknown => {
  try {
    return answer.json()
  } catch {
    // Not JSON is not an acknowledgement either: the decoder says so.
    return undefined
  }
}

const acknowledge = (operation: string, answer: Msg): Effect.Effect<Acknowledged, NatsError> => {
  const decoded = decodeAnswer(jsonOf(answer))
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

/** Sends the question; the answer's error is the broker's. */
const ask = ({ replies }: Connection, question: Question): Effect.Effect<Acknowledged, NatsError> =>
  Effect.callback((resume) => {
    const forget = replies.ask(question, (answer) => {
      resume(Result.isFailure(answer) ? Effect.fail(answer.failure) : acknowledge(question.operation, answer.success))
    })
    return Effect.sync(forget)
  })

/** Publishes one message and waits until the broker has stored it. */
export const publish = (
  connection: Connection,
  { data, headers, subject }: Outgoing,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: PublishOptions = {}
): Effect.Effect<Acknowledged, NatsError> =>
  ask(connection, { operation: "publish", subject, data, headers: headersOf(headers), timeoutMs })

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
  return Effect.suspend(() => {
    const operation = "publish batch"
    const id = nuid.next()
    const batched = messages.map(({ headers }, index) => {
      const result = headersOf(headers)
      result.set("Nats-Batch-Id", id)
      result.set("Nats-Batch-Sequence", String(index + 1))
      return result
    })
    const last = messages.at(-1) ?? messages[0]
    const lastHeaders = batched.at(-1) ?? headersOf(undefined)
    lastHeaders.set("Nats-Batch-Commit", "1")
    try {
      for (const [index, { data, subject }] of messages.slice(0, -1).entries()) {
        connection.raw.publish(subject, data, { headers: batched[index] ?? lastHeaders })
      }
    } catch (cause) {
      return Effect.fail(natsErrorOf(operation)(cause))
    }
    return ask(connection, { operation, subject: last.subject, data: last.data, headers: lastHeaders, timeoutMs })
  })
}
