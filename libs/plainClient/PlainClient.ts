/**
 * A small plain-mode client for people's terminals and for the demo: it stays connected, hands each message on once and
 * in order, and keeps what it could not send yet. A message is sent again under the same id until it came back, so a
 * lost connection neither loses nor doubles it. Next: Connection.ts (one connection), incomingFrame.ts (what arrives).
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type Ended, holdConnection } from "./Connection.ts"
import { type ChatMessage, type IncomingFrame, readFrame, type ServerError } from "./incomingFrame.ts"
import { ConnectionRefused, type PlainClientEvent, SendRefused } from "./PlainClientEvent.ts"
import { reconnectDelay } from "./reconnectDelay.ts"

/** Without an answer for this long, the message is sent again on the same connection. */
const ANSWER_WITHIN = "10 seconds"
/** A connection that lasted this long was well: the next wait is a short one again. */
const HEALTHY_MS = 30_000

/** A message that came back, and when the attempt that was taken began (milliseconds since 1970). */
export interface Stored {
  readonly message: ChatMessage
  readonly sentAt: number
}

export interface PlainClientOptions {
  /** ws:// or wss:// address of the server, without a path. */
  readonly url: string
  readonly room: string
  readonly user: string
  /** How many of the room's newest messages to ask for at each connection. */
  readonly limit: number
  readonly on: (event: PlainClientEvent) => void
}

export interface PlainClient {
  /**
   * Succeeds when the message came back, stored; keeps trying meanwhile. `clientId` is the message's own: new for each
   * message. Called one after the other, order is kept.
   */
  readonly send: (room: string, text: string, clientId: string) => Effect.Effect<Stored, SendRefused>
  /** Fails when the server refuses this client for good; otherwise it never ends. */
  readonly refused: Effect.Effect<never, ConnectionRefused>
}

type Setback = { readonly _tag: "Error"; readonly error: ServerError } | { readonly _tag: "Cut" }

interface Pending {
  readonly frame: string
  /** When it was first sent after the last time it was not taken; a cut leaves open whether it was. */
  sentAt: number
  readonly stored: Deferred.Deferred<Stored>
  readonly setbacks: Queue.Queue<Setback>
}

const addressOf = ({ limit, room, url, user }: PlainClientOptions): string => {
  const query = new URLSearchParams({ room_id: room, user_id: user, limit: String(limit) })
  return `${url.replace(/\/+$/, "")}/ws/chat?${query.toString()}`
}

/** Opens a client that lives as long as the scope. */
export const openPlainClient: (options: PlainClientOptions) => Effect.Effect<PlainClient, never, Scope.Scope> =
  Effect.fnUntraced(function* (options) {
    const { on } = options
    const pending = new Map<string, Pending>()
    const heads = new Map<string, number>()
    const isConnected = yield* Latch.make(false)
    const refusal = yield* Deferred.make<never, ConnectionRefused>()
    let write: ((text: string) => void) | undefined

    const onMessage = (message: ChatMessage): void => {
      const mine = message.user_id === options.user ? pending.get(message.client_id ?? "") : undefined
      if (mine !== undefined) Deferred.doneUnsafe(mine.stored, Effect.succeed({ message, sentAt: mine.sentAt }))
      // The answer to a retry may overtake what was said before it: it confirms, and takes no part in the order.
      if (message.duplicate === true) return
      const repeated = message.seq <= (heads.get(message.room_id) ?? 0)
      if (!repeated) heads.set(message.room_id, message.seq)
      on({ _tag: "Message", message, repeated })
    }

    const onError = (error: ServerError): void => {
      const mine = pending.get(error.client_id ?? "")
      if (mine === undefined) on({ _tag: "ServerError", error })
      else Queue.offerUnsafe(mine.setbacks, { _tag: "Error", error })
    }

    const onFrame = (frame: IncomingFrame): void =>
      frame._tag === "Message" ? onMessage(frame.message) : onError(frame.error)

    const connectOnce = holdConnection(addressOf(options), {
      onOpen: (send) => {
        write = send
        isConnected.openUnsafe()
        on({ _tag: "Connected" })
      },
      onText: (text) => {
        const frame = readFrame(text)
        if (Result.isSuccess(frame)) onFrame(frame.success)
        else on({ _tag: "Unreadable" })
      }
    })

    const afterEnd = Effect.fnUntraced(function* (ended: Ended, failures: number) {
      isConnected.closeUnsafe()
      for (const { setbacks } of pending.values()) Queue.offerUnsafe(setbacks, { _tag: "Cut" })
      if (ended.forGood) return yield* Deferred.fail(refusal, new ConnectionRefused({ reason: ended.reason }))
      const retryInMs = reconnectDelay(failures, yield* Random.next)
      on({ _tag: "Away", reason: ended.reason, retryInMs })
      yield* Effect.sleep(retryInMs)
      return true
    })

    yield* Effect.gen(function* () {
      let failures = 0
      while (true) {
        const begun = yield* Clock.currentTimeMillis
        const ended = yield* connectOnce
        const lasted = (yield* Clock.currentTimeMillis) - begun
        failures = ended.wasOpen && lasted >= HEALTHY_MS ? 0 : failures
        yield* afterEnd(ended, failures)
        if (ended.forGood) return
        failures += 1
      }
    }).pipe(Effect.forkScoped)

    /** Sends until the server refuses for good; ends otherwise only by interruption, when the message came back. */
    const attempts = Effect.fnUntraced(function* (message: Pending) {
      let failures = 0
      let isNew = true
      while (true) {
        yield* isConnected.await
        yield* Queue.clear(message.setbacks)
        if (isNew) message.sentAt = yield* Clock.currentTimeMillis
        isNew = false
        write?.(message.frame)
        const setback = yield* Effect.timeoutOption(Queue.take(message.setbacks), ANSWER_WITHIN)
        if (Option.isNone(setback) || setback.value._tag === "Cut") continue
        const { error } = setback.value
        if (!error.retryable) return yield* new SendRefused({ error })
        const inMs = error.retry_after_ms ?? reconnectDelay(failures, yield* Random.next)
        failures += 1
        isNew = true
        on({ _tag: "SendsAgain", error, inMs })
        yield* Effect.sleep(inMs)
      }
    })

    const send = Effect.fnUntraced(function* (room: string, text: string, clientId: string) {
      const message: Pending = {
        frame: JSON.stringify({ room_id: room, user_id: options.user, text, client_id: clientId }),
        sentAt: 0,
        stored: yield* Deferred.make<Stored>(),
        setbacks: yield* Queue.unbounded<Setback>()
      }
      pending.set(clientId, message)
      return yield* Effect.raceFirst(Deferred.await(message.stored), attempts(message)).pipe(
        Effect.ensuring(Effect.sync(() => pending.delete(clientId)))
      )
    })

    return { send, refused: Deferred.await(refusal) }
  })
