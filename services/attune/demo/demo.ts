/**
 * Plays a file of messages as several users in several rooms, watched by observers in every room, and counts. The limit
 * of messages a user is honoured: who is told to wait waits, and sends the same message again.
 */
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { openPlainClient, type PlainClient } from "#libs/plainClient/PlainClient.ts"
import type { ConnectionRefused, PlainClientEvent } from "#libs/plainClient/PlainClientEvent.ts"
import { readTexts } from "./readTexts.ts"
import { isFlawless, renderTotals } from "./renderTotals.ts"
import { Tally } from "./Tally.ts"
import { DEFAULT_URL } from "../urlFlag.ts"

export interface DemoOptions {
  readonly file: string
  readonly users: number
  readonly rooms: number
  /** Messages a second, over all users, before any limit. */
  readonly rate: number
  readonly url: string
}

/** There is nothing to play. */
export class DemoFileUnusable extends Data.TaggedError("DemoFileUnusable")<{
  readonly file: string
  readonly reason: string
}> {
  readonly retryable = false
  override get message(): string {
    return `${this.file}: ${this.reason}`
  }
}

/** The demo ran to its end and found a promise broken; the totals say which. */
export class PromiseBroken extends Data.TaggedError("PromiseBroken") {
  readonly retryable = false
  override readonly message = "something was lost, out of order or doubled: see the totals above"
}

const OBSERVERS_PER_ROOM = 2
/** After the last acknowledgement, how long the observers may still be behind. */
const SETTLE_WITHIN = "10 seconds"
/** A reconnecting observer asks for as much as one page holds. */
const HISTORY = 200

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const readFile = (file: string) =>
  Effect.try({
    try: () => readTexts(basename(file), readFileSync(file, "utf8")),
    catch: (cause) => new DemoFileUnusable({ file, reason: `cannot be read (${String(cause)})` })
  }).pipe(
    Effect.filterOrFail(
      ({ texts }) => texts.length > 0,
      () => new DemoFileUnusable({ file, reason: "has no messages in it" })
    )
  )

/** Says each trouble once, not once a socket. */
const makeTroubles = () => {
  let last = ""
  return (text: string): void => {
    if (text !== last) process.stderr.write(`${text}\n`)
    last = text
  }
}

/** Feeds the tally with what one socket sees. */
const watching = (tally: Tally, name: string, trouble: (text: string) => void) => {
  return (event: PlainClientEvent): void => {
    switch (event._tag) {
      case "Connected":
        return tally.connected(name)
      case "Message":
        // Receipt is timed where it happens, in the socket's own callback.
        return tally.received(name, event.message, Date.now())
      case "SendsAgain":
        return event.error.code === "rate_limited" ? tally.waited() : trouble(`# ${event.error.message}; sending again`)
      case "Away":
        return trouble(`# no connection (${event.reason}); trying again`)
      case "ServerError":
        return trouble(`! ${event.error.code}: ${event.error.message}`)
      case "Unreadable":
        return trouble("! the server said something that this client does not understand")
    }
  }
}

interface Line {
  readonly text: string
  readonly room: string
  readonly dueMs: number
}

/** Which user says which line where and when: users take turns, and come round to every room. */
const partOf = (texts: ReadonlyArray<string>, user: number, { rate, rooms, users }: DemoOptions): ReadonlyArray<Line> =>
  texts.flatMap((text, index) =>
    index % users === user
      ? [{ text, room: `demo-${1 + ((index + Math.floor(index / users)) % rooms)}`, dueMs: (index * 1_000) / rate }]
      : []
  )

/** One user's part of the play, line after line, none before its time. */
const playPart = Effect.fnUntraced(function* (
  tally: Tally,
  client: PlainClient,
  user: string,
  part: ReadonlyArray<Line>
) {
  const begun = yield* Clock.currentTimeMillis
  for (const [turn, { dueMs, room, text }] of part.entries()) {
    yield* Effect.sleep(Math.max(0, begun + dueMs - (yield* Clock.currentTimeMillis)))
    const id = yield* Effect.sync(() => randomUUID())
    tally.sending(id, { room, user, turn })
    const sent = yield* Effect.result(client.send(room, text, id))
    if (Result.isFailure(sent)) tally.refused(sent.failure.error.code)
    else tally.acknowledged(id, sent.success.message, sent.success.sentAt)
  }
})

const showProgress = (tally: Tally, total: number) =>
  Effect.sync(() => {
    const { acknowledged, received, waits } = tally.totals()
    const line = `  ${acknowledged} of ${total} acknowledged, ${received} received, ${waits} waits for the rate limit`
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`)
  }).pipe(Effect.repeat(Schedule.spaced(process.stderr.isTTY ? "1 second" : "5 seconds")))

const settled = (tally: Tally) =>
  Effect.sync(() => tally.totals().lost === 0).pipe(
    Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: (isWhole) => isWhole }),
    Effect.timeoutOption(SETTLE_WITHIN)
  )

/** Plays the file and prints the totals; fails when a promise was broken. */
export const demo = (options: DemoOptions): Effect.Effect<void, DemoFileUnusable | ConnectionRefused | PromiseBroken> =>
  Effect.gen(function* () {
    const { rooms, url, users } = options
    const { cleaned, form, skipped, texts } = yield* readFile(options.file)
    yield* say(`${texts.length} messages (${form}, ${skipped} lines without one) by ${users} users`)
    if (cleaned > 0) yield* say(`(control characters were taken out of ${cleaned}: no message may hold them)`)
    yield* say(`in ${rooms} rooms, demo-1 to demo-${rooms}, at up to ${options.rate}/s; watch one with:`)
    yield* say(`  npm run chat -- --room demo-1 --user you${url === DEFAULT_URL ? "" : ` --url ${url}`}`)

    const tally = new Tally()
    const trouble = makeTroubles()
    const open = (name: string, room: string, watched?: string) => {
      tally.watch(name, watched)
      return openPlainClient({ url, room, user: name, limit: HISTORY, on: watching(tally, name, trouble) })
    }
    const observers = yield* Effect.forEach(Array.from({ length: rooms * OBSERVERS_PER_ROOM }).keys(), (index) => {
      const room = `demo-${1 + (index % rooms)}`
      return open(`demo-observer-${index + 1}`, room, room)
    })
    const players = yield* Effect.forEach(Array.from({ length: users }).keys(), (user) =>
      open(`demo-user-${user + 1}`, `demo-${1 + (user % rooms)}`)
    )
    const begun = yield* Clock.currentTimeMillis
    const play = Effect.forEach(
      players,
      (client, user) => playPart(tally, client, `demo-user-${user + 1}`, partOf(texts, user, options)),
      { concurrency: "unbounded", discard: true }
    )
    const anyRefused = Effect.raceAll([...observers, ...players].map(({ refused }) => refused))
    yield* Effect.raceFirst(play, Effect.raceFirst(anyRefused, showProgress(tally, texts.length)))
    const seconds = ((yield* Clock.currentTimeMillis) - begun) / 1_000
    yield* settled(tally)
    const totals = tally.totals()
    yield* say(`${process.stderr.isTTY ? "\n" : ""}${renderTotals(totals, seconds)}`)
    return yield* isFlawless(totals) ? Effect.void : new PromiseBroken()
  }).pipe(Effect.scoped)
