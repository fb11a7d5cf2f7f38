/**
 * Answers questions about rooms from the read model, as finished JSON. Many askers of the same page at the same state of
 * a room share one reading and one opening, so that a whole room joining at once costs about as much as one member.
 */
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import type { FindQuestion, Found, HistoryRefusal, PageQuestion } from "#libs/history/HistoryProtocol.ts"
import { MAX_PAGE_BYTES } from "#libs/history/HistoryProtocol.ts"
import type { Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { EventRow } from "./EventRow.ts"
import { openMessageRow, placeholderOf } from "./openRow.ts"
import type { Progress } from "./Progress.ts"
import type { ReadModel, RowRange } from "./ReadModel.ts"
import { takeJson, takeRows } from "./selectPage.ts"

/** Longest wait for `at_least`, in milliseconds. */
const FRESHNESS_WAIT_MS = 2_000
/** Longest wait for the keys of one answer, in milliseconds. */
const OPENING_WAIT_MS = 2_000
/** Opening is CPU but for the keys that are not at hand; those are fetched side by side. */
const OPENING_CONCURRENCY = 16
/** Pages kept for further askers: at most 3 MiB of opened text, and for a moment only, so that erased words are gone. */
const SHARED_PAGES = 64
const SHARED_FOR = "2 seconds"
/** What a page's list of entries may take, so that the answer around it fits too. */
const LIST_BYTES = MAX_PAGE_BYTES - 256

export const refusal = (error: HistoryRefusal["error"]): HistoryRefusal => ({ error, retryable: error !== "invalid" })

interface SharedPage {
  readonly events: string
  readonly more: boolean
}

/** Names one reading; the room's head is part of it, so that nobody is given a page the room has outgrown. */
interface PageRead extends RowRange {
  readonly limit: number
  readonly head: number
}

export interface History {
  readonly page: (question: PageQuestion) => Effect.Effect<string, HistoryRefusal>
  readonly find: (question: FindQuestion) => Effect.Effect<string, HistoryRefusal>
}

const rangeOf = ({ room, before, after }: PageQuestion): RowRange =>
  after === undefined ? { room, direction: "backwards", from: before } : { room, direction: "forwards", from: after }

export const makeHistory = Effect.fnUntraced(function* (
  model: ReadModel,
  keyring: Keyring["Service"],
  progress: Progress
): Effect.fn.Return<History> {
  const open = (row: EventRow): Effect.Effect<RoomEvent, KeyringError> =>
    row.kind === "placeholder" ? Effect.succeed(placeholderOf(row)) : openMessageRow(keyring, row)

  const openAll = (rows: ReadonlyArray<EventRow>): Effect.Effect<ReadonlyArray<RoomEvent>, HistoryRefusal> =>
    Effect.forEach(rows, open, { concurrency: OPENING_CONCURRENCY }).pipe(
      Effect.timeout(OPENING_WAIT_MS),
      Effect.mapError(() => refusal("unavailable"))
    )

  const read = ({ limit, ...range }: PageRead): Effect.Effect<SharedPage, HistoryRefusal> =>
    Effect.suspend(() => {
      const { items, more } = takeRows(model.rows(range), limit, LIST_BYTES)
      return Effect.map(openAll(items), (events) => {
        const page = takeJson({ items: events.map((event) => JSON.stringify(event)), more }, LIST_BYTES)
        const oldestFirst = range.direction === "forwards" ? page.items : page.items.toReversed()
        return { events: `[${oldestFirst.join(",")}]`, more: page.more }
      })
    })

  const pages = yield* Cache.makeWith(read, {
    capacity: SHARED_PAGES,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? SHARED_FOR : 0)
  })

  const page: History["page"] = Effect.fnUntraced(function* (question) {
    if (question.before !== undefined && question.after !== undefined) return yield* Effect.fail(refusal("invalid"))
    const { at_least = 0, limit } = question
    if (!(yield* progress.reached(at_least, FRESHNESS_WAIT_MS))) return yield* Effect.fail(refusal("lagging"))
    // Read together, before the page is: it may turn out newer than it claims, never older.
    const [applied, head] = [model.applied(), model.headOf(question.room)]
    const { events, more } = yield* Cache.get(pages, { ...rangeOf(question), limit, head })
    return `{"epoch":${JSON.stringify(model.epoch)},"applied":${applied},"events":${events},"more":${more}}`
  })

  const find: History["find"] = Effect.fnUntraced(function* ({ at_least = 0, id, room }) {
    if (!(yield* progress.reached(at_least, FRESHNESS_WAIT_MS))) return yield* Effect.fail(refusal("lagging"))
    const [applied, found] = [model.applied(), model.find(room, id)]
    const [event] = yield* openAll(Option.toArray(found))
    const answer: Found = { epoch: model.epoch, applied, ...(event === undefined ? {} : { event }) }
    return JSON.stringify(answer)
  })

  return { page, find }
})
