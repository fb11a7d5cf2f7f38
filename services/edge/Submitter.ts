/**
 * Stores submissions: one in flight a room, so that a retry cannot overtake the message after it, and a bounded number in
 * the process. A try that failed or was not answered is repeated under the same message id, by which the broker knows it
 * (invariant I1, I2). Next: judgeStored.ts, for what the broker already has.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type { Author } from "#libs/domain/Author.ts"
import type { EventId } from "#libs/domain/EventId.ts"
import { decodeSubmission } from "#libs/events/decodeSubmission.ts"
import type { EncodedEvent } from "#libs/events/encodeEvent.ts"
import { openSubmitted } from "#libs/events/openSubmitted.ts"
import { Keyring, type KeyringError } from "#libs/keyring/Keyring.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { atFromLeader } from "#nats/read.ts"
import { submissionSubject } from "#nats/Subjects.ts"
import { SUB } from "#nats/Topology.ts"
import { type Intended, isOurOwn, isSame } from "./judgeStored.ts"
import { METRICS, publishRetries, submitsInFlight } from "./metrics.ts"
import { RETRY_FOR_MS, retryDelayMs } from "./retryDelay.ts"
import { Lanes, Turns } from "./Turns.ts"

/** A sealed message, ready to be stored. */
export interface Submission extends Intended {
  readonly eventId: EventId
  readonly author: Author
  readonly event: EncodedEvent
}

export type SubmitOutcome =
  /** Durable: the broker acknowledged it (invariant I1). */
  | "stored"
  /** The very same message was stored before. */
  | "repeated"
  /** The id was used before for another message. */
  | "conflict"
  /** Too many submissions wait, or the broker was away all the time: certainly not stored. */
  | "not stored"
  /** A try was not answered, and none after it settled it: stored or not. Sending it again under the same id is safe. */
  | "unknown"
  /** The broker refused it for a reason that is none of the sender's. */
  | "refused"

/** Publications under way at once in this process: more only adds latency. */
const WINDOW = 256
/** Submissions that may wait for their turn or for the broker, in this process. */
const MAX_WAITING = 4_096

export class Submitter extends Context.Service<
  Submitter,
  {
    /** Stores one submission; those of one room in the order in which this is called. */
    readonly submit: (submission: Submission) => Effect.Effect<SubmitOutcome>
    /** Submissions that have no outcome yet. */
    readonly inFlight: () => number
  }
>()("attune/edge/Submitter") {
  static readonly layer = Layer.effect(
    Submitter,
    Effect.gen(function* () {
      const connection = yield* NatsConnection
      const keyring = yield* Keyring
      const lanes = new Lanes<string>()
      const window = new Turns(WINDOW)
      let inFlight = 0

      const compare = Effect.fnUntraced(function* (submission: Submission, seq: number) {
        const found = yield* atFromLeader(connection, SUB, seq)
        const decoded = Option.isNone(found) ? undefined : decodeSubmission(found.value)
        if (decoded === undefined || Result.isFailure(decoded)) return "conflict"
        const { payload, room } = decoded.success
        const stored = { room, sealed: payload.sealed }
        if (isOurOwn(submission, stored)) return "stored"
        if (room !== submission.room) return "conflict"
        const opened = yield* openSubmitted(keyring, {
          submittedId: submission.eventId,
          author: submission.author,
          ...stored
        })
        return isSame(submission, stored, Result.getOrUndefined(opened)) ? "repeated" : "conflict"
      })

      const attempt = (submission: Submission): Effect.Effect<SubmitOutcome, NatsError | KeyringError> =>
        publish(connection, { subject: submissionSubject("message", submission.room), ...submission.event }).pipe(
          Effect.flatMap(({ duplicate, seq }): Effect.Effect<SubmitOutcome, NatsError | KeyringError> =>
            duplicate ? compare(submission, seq) : Effect.succeed("stored")
          )
        )

      const persist = Effect.fnUntraced(function* (submission: Submission, deadline: number) {
        let asked = false
        for (let tries = 1; ; tries++) {
          // Without a connection the client library would keep it, and send it when its sender has long been answered.
          if (connection.isConnected()) {
            const askedBefore = asked
            asked = true
            const result = yield* Effect.result(attempt(submission))
            if (Result.isSuccess(result)) return result.success
            if (!result.failure.retryable) {
              yield* Effect.logError("the broker refused a submission", result.failure.message)
              // An earlier try, which nobody answered for, may have stored it: this refusal is not about that one.
              return askedBefore ? "unknown" : "refused"
            }
          }
          const delay = retryDelayMs(tries, yield* Random.next)
          if ((yield* Clock.currentTimeMillis) + delay > deadline) return asked ? "unknown" : "not stored"
          publishRetries.updateUnsafe(1, METRICS)
          yield* Effect.sleep(delay)
        }
      })

      const count = (by: 1 | -1) => {
        inFlight += by
        submitsInFlight.updateUnsafe(inFlight, METRICS)
      }

      return Submitter.of({
        inFlight: () => inFlight,
        submit: (submission) =>
          Effect.suspend(() => {
            if (inFlight >= MAX_WAITING) return Effect.succeed<SubmitOutcome>("not stored")
            count(1)
            return Clock.currentTimeMillis.pipe(
              Effect.flatMap((now) => lanes.run(submission.room, window.run(persist(submission, now + RETRY_FOR_MS)))),
              Effect.ensuring(Effect.sync(() => count(-1)))
            )
          })
      })
    })
  )
}
