/**
 * Reading streams without consumers: batched direct get (any replica, in order), and the leader's own last message.
 * The client library's iterator form leaks a subscription a call and hangs when a server dies midway.
 */
import type { Msg, Subscription } from "@nats-io/nats-core"
import { createInbox, headers as natsHeaders, MsgHdrsImpl } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "./NatsConnection.ts"
import { NatsError, natsErrorOf, natsErrorOfCode } from "./NatsError.ts"
import type { StoredMessage } from "./StoredMessage.ts"
import { inboxPrefix } from "./Subjects.ts"

export interface DirectQuery {
  /** First sequence that may be returned. */
  readonly seq?: number
  /** Only messages of subjects that match. */
  readonly next_by_subj?: string
  /** At most this many. */
  readonly batch?: number
  /** At most about this many bytes. */
  readonly max_bytes?: number
  /** The last message of each of these subjects (at most 1,024). */
  readonly multi_last?: ReadonlyArray<string>
}

/** Silence that ends a direct get: its messages come in one go. */
const IDLE_MS = 1_000

const timeOf = (text: string): number => Date.parse(text)

/** A message with its position, as direct gets and republished messages carry it; undefined if it has none. */
export const storedMessageOf = (message: Msg): StoredMessage | undefined => {
  const headers = message.headers
  if (headers === undefined) return undefined
  const [seq, storedAt] = [Number(headers.get("Nats-Sequence")), timeOf(headers.get("Nats-Time-Stamp"))]
  return Number.isSafeInteger(seq) && seq > 0 && Number.isFinite(storedAt)
    ? { seq, subject: headers.get("Nats-Subject"), storedAt, headers, data: message.data }
    : undefined
}

/**
 * Asks for a range of a stream. Succeeds with what the answering server has, in order, possibly fewer than asked for;
 * fails only if nothing came at all. Repeats of the call from the last sequence plus one read on.
 */
export const directGet = (
  { raw, role }: Connection,
  stream: string,
  query: DirectQuery
): Effect.Effect<ReadonlyArray<StoredMessage>, NatsError> =>
  Effect.callback<ReadonlyArray<StoredMessage>, NatsError>((resume) => {
    const operation = `direct get ${stream}`
    const messages: Array<StoredMessage> = []
    let subscription: Subscription | undefined
    const stop = () => {
      clearTimeout(timer)
      subscription?.unsubscribe()
    }
    const finish = (error?: NatsError) => {
      stop()
      resume(error === undefined || messages.length > 0 ? Effect.succeed(messages) : Effect.fail(error))
    }
    const timer = setTimeout(
      () => finish(new NatsError({ operation, reason: "Timeout", detail: `no answer in ${IDLE_MS} ms` })),
      IDLE_MS
    )
    const inbox = createInbox(inboxPrefix(role))
    const onMessage = (error: Error | null, message: Msg) => {
      if (error !== null) return finish(natsErrorOf(operation)(error))
      const code = message.headers?.code ?? 0
      if (code === 204 || code === 404) return finish()
      if (code === 503) return finish(new NatsError({ operation, reason: "Unavailable", detail: "no responders" }))
      if (code >= 400) return finish(natsErrorOfCode(operation, undefined, message.headers?.description ?? `${code}`))
      const stored = storedMessageOf(message)
      if (stored === undefined) {
        return finish(new NatsError({ operation, reason: "Protocol", detail: "a message without its position" }))
      }
      messages.push(stored)
      timer.refresh()
    }
    try {
      // A closed connection throws at either line.
      subscription = raw.subscribe(inbox, { callback: onMessage })
      raw.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), { reply: inbox })
    } catch (cause) {
      finish(natsErrorOf(operation)(cause))
    }
    return Effect.sync(stop)
  })

const LeaderAnswer = Schema.Struct({
  message: Schema.optionalKey(
    Schema.Struct({
      subject: Schema.String,
      seq: Schema.Natural,
      time: Schema.String,
      hdrs: Schema.optionalKey(Schema.String),
      data: Schema.optionalKey(Schema.String)
    })
  ),
  error: Schema.optionalKey(
    Schema.Struct({ err_code: Schema.optionalKey(Schema.Int), description: Schema.optionalKey(Schema.String) })
  )
})
const decodeLeaderAnswer = Schema.decodeUnknownResult(LeaderAnswer)

const headersFrom = (encoded: string | undefined) =>
  encoded === undefined ? natsHeaders() : MsgHdrsImpl.decode(Buffer.from(encoded, "base64"))

const leaderGet = (
  { raw }: Connection,
  stream: string,
  query: { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj?: string }
): Effect.Effect<Option.Option<StoredMessage>, NatsError> => {
  const operation = `get ${stream}`
  return Effect.tryPromise({
    try: async (): Promise<unknown> =>
      (
        await raw.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(query), { timeout: LEADER_TIMEOUT_MS })
      ).json(),
    catch: natsErrorOf(operation)
  }).pipe(
    Effect.flatMap((answer) => {
      const decoded = decodeLeaderAnswer(answer)
      if (Result.isFailure(decoded)) {
        return Effect.fail(new NatsError({ operation, reason: "Protocol", detail: "not a message" }))
      }
      const { error, message } = decoded.success
      if (error !== undefined) {
        return error.err_code === NO_MESSAGE_FOUND
          ? Effect.succeedNone
          : Effect.fail(natsErrorOfCode(operation, error.err_code, error.description ?? "refused"))
      }
      if (message === undefined) {
        return Effect.fail(new NatsError({ operation, reason: "Protocol", detail: "neither a message nor an error" }))
      }
      return Effect.succeedSome({
        seq: message.seq,
        subject: message.subject,
        storedAt: timeOf(message.time),
        headers: headersFrom(message.hdrs),
        data: Buffer.from(message.data ?? "", "base64")
      })
    })
  )
}

const LEADER_TIMEOUT_MS = 2_000
const NO_MESSAGE_FOUND = 10_037

/** The last message of a subject (wildcards allowed), from the stream's leader: never stale. */
export const lastFromLeader = (connection: Connection, stream: string, subject: string) =>
  leaderGet(connection, stream, { last_by_subj: subject })

/** The message at a sequence, from the stream's leader. */
export const atFromLeader = (connection: Connection, stream: string, seq: number) =>
  leaderGet(connection, stream, { seq })

/** The first message of a subject at or after a sequence, from the stream's leader. */
export const nextFromLeader = (connection: Connection, stream: string, subject: string, seq: number) =>
  leaderGet(connection, stream, { seq, next_by_subj: subject })
