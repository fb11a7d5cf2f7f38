/**
 * Answers to what is published, over one subscription a connection. The client library's own requests make an error with
 * a stack for each answer that came (its `cancelled`), which was a twentieth of all that an edge did; here an answer is a
 * map entry and a timer. Plain code, because every message passes through it three times.
 */
import type { Msg, MsgHdrs, NatsConnection as RawConnection } from "@nats-io/nats-core"
import { createInbox } from "@nats-io/nats-core"
import * as Result from "effect/Result"
import { NatsError, natsErrorOf } from "./NatsError.ts"
import { inboxPrefix } from "./Subjects.ts"

export interface Question {
  readonly subject: string
  readonly data: Uint8Array | string
  readonly headers: MsgHdrs
  /** Milliseconds until no answer is expected any more. */
  readonly timeoutMs: number
  /** Names what is done, for the error. */
  readonly operation: string
}

export type Answered = (answer: Result.Result<Msg, NatsError>) => void

interface Pending {
  readonly question: Question
  readonly answered: Answered
  readonly timer: NodeJS.Timeout
}

const NO_RESPONDERS = 503

export class Replies {
  readonly #raw: RawConnection
  readonly #prefix: string
  readonly #pending = new Map<string, Pending>()
  #asked = 0

  constructor(raw: RawConnection, role: string) {
    this.#raw = raw
    this.#prefix = `${createInbox(inboxPrefix(role))}.`
    raw.subscribe(`${this.#prefix}*`, {
      callback: (error, message) => {
        if (error !== null) return this.failAll("Forbidden", error.message)
        const code = message.headers?.code
        this.#settle(message.subject.slice(this.#prefix.length), ({ operation }) =>
          code === NO_RESPONDERS && message.data.length === 0
            ? Result.fail(new NatsError({ operation, reason: "Unavailable", detail: "no responders" }))
            : Result.succeed(message)
        )
      }
    })
  }

  /** Publishes, and calls `answered` once: with the answer, or with why there is none. Gives what forgets the question. */
  ask(question: Question, answered: Answered): () => void {
    const { data, headers, operation, subject, timeoutMs } = question
    const token = (this.#asked++).toString(36)
    const timer = setTimeout(() => {
      this.#settle(token, () =>
        Result.fail(new NatsError({ operation, reason: "Timeout", detail: `no answer in ${timeoutMs} ms` }))
      )
    }, timeoutMs)
    this.#pending.set(token, { question, answered, timer })
    try {
      this.#raw.publish(subject, data, { headers, reply: `${this.#prefix}${token}` })
    } catch (cause) {
      this.#settle(token, () => Result.fail(natsErrorOf(operation)(cause)))
    }
    return () => this.#take(token)
  }

  /** Nothing that was asked will be answered: the connection is gone, or a publication on `subject` was refused. */
  failAll(reason: "Unavailable" | "Forbidden", detail: string, subject?: string): void {
    for (const [token, { question }] of this.#pending) {
      if (subject === undefined || question.subject === subject) {
        this.#settle(token, ({ operation }) => Result.fail(new NatsError({ operation, reason, detail })))
      }
    }
  }

  #take(token: string): Pending | undefined {
    const pending = this.#pending.get(token)
    if (pending === undefined) return undefined
    this.#pending.delete(token)
    clearTimeout(pending.timer)
    return pending
  }

  #settle(token: string, answer: (question: Question) => Result.Result<Msg, NatsError>): void {
    const pending = this.#take(token)
    pending?.answered(answer(pending.question))
  }
}
