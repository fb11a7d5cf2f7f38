/** Asks the read model over the broker; whichever replica is fit answers. The caller decides whether to ask again. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { historySubject } from "#nats/Subjects.ts"
import type { FindQuestion, Found, HistoryRefusal, Page, PageQuestion } from "./HistoryProtocol.ts"
import { FindAnswer, PageAnswer } from "./HistoryProtocol.ts"

export type HistoryErrorReason =
  | HistoryRefusal["error"]
  /** The answer is not what the protocol promises: another build's. */
  | "protocol"

export class HistoryError extends Data.TaggedError("HistoryError")<{
  readonly reason: HistoryErrorReason
  readonly retryable: boolean
}> {}

/**
 * Longest wait for an answer. A replica takes at most 2 s to become fresh enough and 2 s for keys; silence after that
 * means that it, or the broker, is gone.
 */
const TIMEOUT_MS = 5_000

const decodePage = Schema.decodeUnknownResult(PageAnswer)
const decodeFound = Schema.decodeUnknownResult(FindAnswer)

/** No replica, no broker, or nobody who answers in time: it may be otherwise in a moment. */
const unavailable = () => new HistoryError({ reason: "unavailable", retryable: true })

/** An answer may be a refusal. */
const refusedBy = <A extends object>(answer: A | HistoryRefusal): Effect.Effect<A, HistoryError> =>
  "error" in answer
    ? Effect.fail(new HistoryError({ reason: answer.error, retryable: answer.retryable }))
    : Effect.succeed(answer)

const make = Effect.gen(function* () {
  const { raw } = yield* NatsConnection
  const ask = <A extends object>(
    subject: string,
    question: object,
    decode: (json: unknown) => Result.Result<A | HistoryRefusal, unknown>
  ): Effect.Effect<A, HistoryError> =>
    Effect.tryPromise({
      try: async (): Promise<unknown> =>
        (await raw.request(subject, JSON.stringify(question), { timeout: TIMEOUT_MS })).json(),
      catch: unavailable
    }).pipe(
      Effect.flatMap((json) => {
        const answer = decode(json)
        return Result.isSuccess(answer)
          ? refusedBy<A>(answer.success)
          : Effect.fail(new HistoryError({ reason: "protocol", retryable: false }))
      })
    )
  return HistoryClient.of({
    page: (question) => ask<Page>(historySubject("page"), question, decodePage),
    find: (question) => ask<Found>(historySubject("find"), question, decodeFound)
  })
})

export class HistoryClient extends Context.Service<
  HistoryClient,
  {
    /** A page of a room's order, oldest first; with `at_least`, from a read model that is at least so fresh. */
    readonly page: (question: PageQuestion) => Effect.Effect<Page, HistoryError>
    /** The entry a message's id led to, if the read model has it. */
    readonly find: (question: FindQuestion) => Effect.Effect<Found, HistoryError>
  }
>()("attune/libs/HistoryClient") {
  static readonly layer: Layer.Layer<HistoryClient, never, NatsConnection> = Layer.effect(HistoryClient, make)
}
