/**
 * The read model's place on the broker: questions come in over a queue group, so that each is answered by one replica,
 * and only by those that are in the group. Every question gets an answer, if only a refusal, within a bounded time.
 */
import type { Msg, Subscription } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { HistoryRefusal } from "#libs/history/HistoryProtocol.ts"
import { FindQuestion, PageQuestion } from "#libs/history/HistoryProtocol.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { HISTORY_QUEUE, historySubject } from "#nats/Subjects.ts"
import { type History, refusal } from "./History.ts"
import type { Outcome, Question } from "./metrics.ts"
import { questionSeconds, questionsWith } from "./metrics.ts"

/** Questions at work at once; the next is refused, and its asker may try another replica. */
const MAX_OPEN_QUESTIONS = 4_096

/** How long a stop waits for the answers being made. */
const LAST_ANSWERS_WITHIN = "1 second"

interface HistoryService {
  readonly isServing: () => boolean
  /** Joins the queue group; nothing, if it is in it. */
  readonly join: Effect.Effect<void>
  /** Leaves it, after answering what has arrived. */
  readonly leave: Effect.Effect<void>
}

type Answer = (json: unknown) => Effect.Effect<string, HistoryRefusal>

const answerWith = <Q>(
  schema: Schema.Codec<Q, unknown>,
  answer: (question: Q) => Effect.Effect<string, HistoryRefusal>
): Answer => {
  const decode = Schema.decodeUnknownResult(schema)
  return (json) => {
    const question = decode(json)
    return Result.isSuccess(question) ? answer(question.success) : Effect.fail(refusal("invalid"))
  }
}

/** A row that is not what this build wrote: its asker still gets an answer, and the operator the cause. */
const refuseBroken = (defect: unknown) =>
  Effect.logError("a history question failed", defect instanceof Error ? defect.message : "unknown cause").pipe(
    Effect.andThen(Effect.fail(refusal("unavailable")))
  )

const bodyOf = (message: Msg): unknown => {
  const parsed = Result.try({ try: (): unknown => message.json(), catch: () => "not JSON" })
  return Result.isSuccess(parsed) ? parsed.success : undefined
}

const settle = (question: Question, message: Msg, start: number, outcome: Outcome, json: string) =>
  Effect.gen(function* () {
    // It throws once the connection is closed: then nobody waits for this answer any more.
    yield* Effect.ignore(Effect.try({ try: () => message.respond(json), catch: () => "closed" }))
    yield* Metric.update(questionsWith(question, outcome), 1)
    yield* Metric.update(questionSeconds, (performance.now() - start) / 1_000)
  })

export const makeHistoryService = Effect.fnUntraced(function* ({ raw }: Connection, history: History) {
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()
  const answers: Readonly<Record<Question, Answer>> = {
    page: answerWith(PageQuestion, history.page),
    find: answerWith(FindQuestion, history.find)
  }
  let open = 0
  let subscriptions: ReadonlyArray<Subscription> = []

  const handle = (question: Question, message: Msg): Effect.Effect<void> =>
    Effect.suspend(() => {
      const start = performance.now()
      const answer =
        open > MAX_OPEN_QUESTIONS ? Effect.fail(refusal("unavailable")) : answers[question](bodyOf(message))
      return Effect.matchEffect(Effect.catchDefect(answer, refuseBroken), {
        onFailure: (refused) => settle(question, message, start, refused.error, JSON.stringify(refused)),
        onSuccess: (json) => settle(question, message, start, "answered", json)
      })
    })
  const subscribe = (question: Question): Subscription =>
    raw.subscribe(historySubject(question), {
      queue: HISTORY_QUEUE,
      callback: (error, message) => {
        // A refused subscription shows in the connection's status; there is nobody to answer.
        if (error !== null) return
        open++
        run(
          Effect.ensuring(
            handle(question, message),
            Effect.sync(() => open--)
          )
        )
      }
    })

  const join = Effect.sync(() => {
    if (subscriptions.length === 0 && !raw.isClosed()) subscriptions = [subscribe("page"), subscribe("find")]
  })
  const leave = Effect.suspend(() => {
    const left = subscriptions
    subscriptions = []
    // A drain fails only with its connection, and then the subscription is gone as well.
    return Effect.forEach(left, (subscription) => Effect.ignore(Effect.tryPromise(() => subscription.drain())), {
      discard: true
    })
  })
  yield* Effect.addFinalizer(() =>
    leave.pipe(Effect.andThen(FiberSet.awaitEmpty(fibers)), Effect.timeoutOption(LAST_ANSWERS_WITHIN))
  )
  return { isServing: () => subscriptions.length > 0, join, leave } satisfies HistoryService
})
