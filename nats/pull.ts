/**
 * One life of an ordered consumer: made in the broker's memory, asked by pull requests, over at the first sign that it
 * is gone. It does not recover: tail.ts starts the next one. The library's own ordered consumer is not used because it
 * waits for ever for a server that stays away (ADR 0005).
 */
import type { Msg } from "@nats-io/nats-core"
import { createInbox, nuid } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { askApi } from "./api.ts"
import type { Delivery } from "./delivery.ts"
import { parseDelivery } from "./delivery.ts"
import type { Connection } from "./NatsConnection.ts"
import type { NatsError } from "./NatsError.ts"
import { inboxPrefix } from "./Subjects.ts"

export interface PullOptions {
  readonly stream: string
  /** First sequence to deliver. */
  readonly from: number
  readonly filter?: string
  /** At most this many messages are asked for and not yet taken. */
  readonly capacity: number
  /** How many delivered messages wait for the reader. */
  readonly waiting: () => number
  /** Takes a message; false ends this life. */
  readonly accept: (message: Msg, delivery: Delivery) => boolean
}

/** Why a consumer's life ended. */
export type PullEnd = "silent" | "gone" | "disconnected" | "refused"

export interface Pull {
  /** Asks for more if there is room: to be called after the reader has taken something. */
  readonly refill: () => void
  readonly ended: Effect.Effect<PullEnd>
}

const API_TIMEOUT_MS = 1_500
const NANOSECONDS = 1_000_000
const HEARTBEAT_MS = 500
/** Two heartbeats may be late; then the host of the consumer is taken for dead. */
const SILENCE_MS = 3 * HEARTBEAT_MS
const EXPIRES_MS = 5_000
/** A consumer nobody asks any more goes by itself. */
const INACTIVE_MS = 30_000
const MAX_BYTES = 8 * 1024 * 1024

const createConsumer = (connection: Connection, { stream, from, filter }: PullOptions) => {
  const name = `attune-${connection.role}-${nuid.next()}`
  const config = {
    name,
    ack_policy: "none",
    max_deliver: 1,
    deliver_policy: "by_start_sequence",
    opt_start_seq: from,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_MS * NANOSECONDS,
    ...(filter === undefined ? {} : { filter_subject: filter })
  }
  return askApi(connection, {
    endpoint: `CONSUMER.CREATE.${stream}.${name}${filter === undefined ? "" : `.${filter}`}`,
    body: { stream_name: stream, config, action: "create" },
    decode: () => Result.succeed(name),
    timeoutMs: API_TIMEOUT_MS
  })
}

// Plain code from here on: it runs once a message, up to 100,000 times a second on a replay.
const consume = ({ raw, role, onChange }: Connection, name: string, options: PullOptions) => {
  const inbox = createInbox(inboxPrefix(role))
  let asked = 0
  let end: PullEnd | undefined
  let heard = performance.now()
  const watchers = new Set<(end: PullEnd) => void>()

  const finish = (reason: PullEnd) => {
    if (end !== undefined) return
    end = reason
    for (const watcher of watchers) watcher(reason)
  }
  const request = (endpoint: string, body: object | undefined) => {
    try {
      raw.publish(`$JS.API.CONSUMER.${endpoint}.${options.stream}.${name}`, body && JSON.stringify(body), {
        reply: inbox
      })
    } catch {
      // A connection that is closing: the life of its consumer is over.
      finish("disconnected")
    }
  }
  const refill = () => {
    const room = options.capacity - options.waiting() - asked
    if (end !== undefined || room < options.capacity / 2) return
    if (asked === 0) heard = performance.now()
    asked += room
    request("MSG.NEXT", {
      batch: room,
      max_bytes: MAX_BYTES,
      expires: EXPIRES_MS * NANOSECONDS,
      idle_heartbeat: HEARTBEAT_MS * NANOSECONDS
    })
  }
  /** A pull that ended by time, bytes or count says how much of it was left; any other status ends the consumer. */
  const status = (code: number, message: Msg) => {
    if (code === 100) return
    const left = message.headers?.get("Nats-Pending-Messages") ?? ""
    if (left === "") return finish("gone")
    asked -= Number(left)
    refill()
  }
  const subscription = raw.subscribe(inbox, {
    callback: (error, message) => {
      heard = performance.now()
      if (error !== null) return finish("gone")
      const code = message.headers?.code ?? 0
      if (code !== 0) return status(code, message)
      const delivery = message.reply === undefined ? undefined : parseDelivery(message.reply)
      if (delivery === undefined) return
      asked -= 1
      if (end === undefined && !options.accept(message, delivery)) finish("refused")
    }
  })
  const watch = setInterval(() => {
    if (asked > 0 && performance.now() - heard > SILENCE_MS) finish("silent")
  }, HEARTBEAT_MS)
  const stopListening = onChange((change) => {
    if (change !== "reconnected") finish("disconnected")
  })
  refill()
  return {
    refill,
    ended: Effect.callback<PullEnd>((resume) => {
      if (end !== undefined) return resume(Effect.succeed(end))
      const watcher = (reason: PullEnd) => resume(Effect.succeed(reason))
      watchers.add(watcher)
      return Effect.sync(() => watchers.delete(watcher))
    }),
    close: () => {
      clearInterval(watch)
      stopListening()
      // The broker is told, but its answer is not waited for: an unknown consumer goes by itself.
      request("DELETE", undefined)
      subscription.unsubscribe()
      finish("gone")
    }
  }
}

/** Makes a consumer and starts to ask it; it is given back when the scope closes. */
export const pull = (connection: Connection, options: PullOptions) =>
  Effect.acquireRelease(
    createConsumer(connection, options).pipe(Effect.map((name) => consume(connection, name, options))),
    ({ close }) => Effect.sync(close)
  ) satisfies Effect.Effect<Pull, NatsError, unknown>
