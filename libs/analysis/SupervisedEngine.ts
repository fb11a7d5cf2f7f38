/**
 * An engine in a worker thread, kept honest: a call is answered by its deadline whatever the engine does, and an engine
 * that is stuck or has died is replaced (ADR 0008). Plain code, because every message passes through it.
 */
import { Worker } from "node:worker_threads"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Annotation } from "#libs/domain/Annotation.ts"
import type { EngineCall, EngineReply } from "./serveEngine.ts"

export interface SupervisedEngineOptions {
  /** The module the thread is started with; it calls `serveEngine`. */
  readonly entry: URL
  readonly deadlineMs: number
  /** Told of each engine that had to be replaced. */
  readonly onReplaced: (why: "stuck" | "died") => void
}

interface Call {
  readonly id: number
  readonly texts: ReadonlyArray<string>
  readonly answers: Array<Annotation | undefined>
  /** Which of the texts have no answer yet, in order. */
  readonly waiting: Set<number>
  readonly deadline: NodeJS.Timeout
  readonly done: (answers: ReadonlyArray<Annotation | undefined>) => void
}

interface Thread {
  readonly worker: Worker
  ready: boolean
  lastReplyAt: number
  /** How many texts of each call it has yet to answer, in the order it does; also of calls that nobody waits for. */
  readonly owed: Map<number, number>
}

const decodeReply = Schema.decodeUnknownResult(
  Schema.Union([
    Schema.TaggedStruct("Ready", {}),
    Schema.TaggedStruct("Scored", {
      id: Schema.Natural,
      index: Schema.Natural,
      annotation: Schema.optionalKey(Annotation)
    })
  ]) satisfies Schema.Schema<EngineReply>
)
/** A module that fails to load would otherwise be started again without end. */
const RESTART_MS = 1_000
/**
 * So many texts that nobody waits for any more may stand before a call. With more it is answered unscored at once: an
 * engine asked for more than it can do would otherwise be busy with nothing but what is too late.
 */
const MAX_EXPIRED_TEXTS = 4

export class SupervisedEngine {
  readonly #options: SupervisedEngineOptions
  /** In the order they were asked, which is the order the thread works in. */
  readonly #calls = new Map<number, Call>()
  #thread: Thread | undefined
  #restart: NodeJS.Timeout | undefined
  #nextId = 0
  #closed = false
  readonly #firstReady = Promise.withResolvers<void>()

  constructor(options: SupervisedEngineOptions) {
    this.#options = options
    this.#start()
  }

  /** Calls `done` once, by the deadline; `undefined` stands where there is no answer. Gives what cancels the call. */
  annotate(texts: ReadonlyArray<string>, done: Call["done"]): () => void {
    if (this.#isBusyForNobody()) {
      done(texts.map(() => undefined))
      return () => undefined
    }
    const id = this.#nextId++
    const deadline = setTimeout(() => this.#expire(call), this.#options.deadlineMs)
    const answers = texts.map(() => undefined)
    const call: Call = { id, texts, answers, waiting: new Set(texts.keys()), deadline, done }
    this.#calls.set(id, call)
    this.#post(call)
    return () => this.#forget(call)
  }

  /** Resolves when the first engine can score: what is asked before may go unscored. */
  get ready(): Promise<void> {
    return this.#firstReady.promise
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    for (const call of this.#calls.values()) this.#finish(call)
    await this.#thread?.worker.terminate()
  }

  #start(): void {
    const worker = new Worker(this.#options.entry)
    // It must not keep a process alive that has nothing else to do.
    worker.unref()
    const thread: Thread = { worker, ready: false, lastReplyAt: 0, owed: new Map() }
    this.#thread = thread
    worker.on("message", (message: unknown) => this.#onReply(thread, message))
    // An error ends the thread: "exit" follows.
    worker.on("error", () => undefined)
    worker.on("exit", () => this.#onExit(thread))
    for (const call of this.#calls.values()) this.#post(call)
  }

  #post(call: Call): void {
    if (this.#thread === undefined) return
    // Answered ones are asked as nothing, so that the others keep their places.
    const texts = call.texts.map((text, index) => (call.waiting.has(index) ? text : ""))
    if (texts.length > 0) this.#thread.owed.set(call.id, texts.length)
    this.#thread.worker.postMessage({ id: call.id, texts } satisfies EngineCall)
  }

  #onReply(thread: Thread, message: unknown): void {
    if (thread !== this.#thread) return
    thread.lastReplyAt = performance.now()
    const reply = decodeReply(message)
    const isReady = Result.isSuccess(reply) && reply.success._tag === "Ready"
    const [owed] = isReady ? [] : thread.owed
    if (owed?.[1] === 1) thread.owed.delete(owed[0])
    else if (owed !== undefined) thread.owed.set(owed[0], owed[1] - 1)
    // An answer that is none leaves its text waiting: it goes out unscored at the deadline.
    if (Result.isFailure(reply)) return
    if (reply.success._tag === "Ready") {
      thread.ready = true
      this.#firstReady.resolve()
      return
    }
    const { annotation, id, index } = reply.success
    const call = this.#calls.get(id)
    if (call === undefined || !call.waiting.delete(index)) return
    call.answers[index] = annotation
    if (call.waiting.size === 0) this.#finish(call)
  }

  #onExit(thread: Thread): void {
    if (thread !== this.#thread || this.#closed) return
    this.#thread = undefined
    this.#options.onReplaced("died")
    if (!thread.ready) {
      this.#restart = setTimeout(() => this.#start(), RESTART_MS)
      return
    }
    this.#skipCulprit()
    this.#start()
  }

  /** The text that was being scored when the engine died has had its chance; the others are asked again. */
  #skipCulprit(): void {
    const [call] = this.#calls.values()
    const [culprit] = call?.waiting ?? []
    if (call === undefined || culprit === undefined) return
    call.waiting.delete(culprit)
    if (call.waiting.size === 0) this.#finish(call)
  }

  #expire(call: Call): void {
    this.#finish(call)
    this.#replaceIfStuck()
  }

  /** True while the engine is behind with texts that have gone out unscored. */
  #isBusyForNobody(): boolean {
    const expired = [...(this.#thread?.owed ?? [])].filter(([id]) => !this.#calls.has(id))
    if (expired.reduce((sum, [, texts]) => sum + texts, 0) <= MAX_EXPIRED_TEXTS) return false
    // No call that could expire may be left to notice it.
    return !this.#replaceIfStuck()
  }

  #replaceIfStuck(): boolean {
    const thread = this.#thread
    const silentFor = performance.now() - (thread?.lastReplyAt ?? 0)
    // One that is only slow, or not up yet, would not be helped by starting another.
    if (thread?.ready !== true || silentFor < this.#options.deadlineMs / 2) return false
    this.#thread = undefined
    this.#options.onReplaced("stuck")
    void thread.worker.terminate()
    this.#start()
    return true
  }

  #finish(call: Call): void {
    this.#forget(call)
    call.done(call.answers)
  }
  #forget(call: Call): void {
    clearTimeout(call.deadline)
    this.#calls.delete(call.id)
  }
}
