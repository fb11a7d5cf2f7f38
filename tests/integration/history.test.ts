import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { openRoomEvent, unreadablePlaceholder } from "#libs/events/openRoomEvent.ts"
import type { RoomEvent } from "#libs/events/RoomEvent.ts"
import type { HistoryClient } from "#libs/history/HistoryClient.ts"
import type { Page, PageQuestion } from "#libs/history/HistoryProtocol.ts"
import { MAX_PAGE_BYTES, MAX_PAGE_EVENTS } from "#libs/history/HistoryProtocol.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { Outgoing } from "#nats/publish.ts"
import { annotatedSubject, historySubject, liveSubject, parseAnnotated } from "#nats/Subjects.ts"
import { tail } from "#nats/tail.ts"
import { ANN } from "#nats/Topology.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage, parkedSubmission, sealedSubmission } from "#tests/support/EventFactory.ts"
import {
  append,
  edgeKeyring,
  historyClient,
  type Projector,
  soon,
  startProjector,
  temporaryFolder
} from "#tests/support/ReadModelHarness.ts"

const EVENTS = 700
const rooms = ["one", "two", "three", "four"].map((name) => RoomId.make(name))
const [firstRoom = RoomId.make("one")] = rooms

describe("history", () => {
  const folder = temporaryFolder()
  const republished: Array<{ readonly seq: number; readonly prev: number }> = []
  const log = new Map<RoomId, ReadonlyArray<RoomEvent>>()
  let broker: Broker
  let edge: Connection
  let analyzer: Connection
  let keyring: Keyring["Service"]
  let client: HistoryClient["Service"]
  let head = 0
  let projector: Projector

  const someEvent = (index: number) => {
    const room = rooms[(index * 7 + Math.floor(index / 5)) % rooms.length] ?? firstRoom
    const srcSeq = index + 1
    if (index % 40 === 11) return Effect.succeed(parkedSubmission({ room, reason: "seal_broken", srcSeq }))
    if (index % 40 === 12) return Effect.succeed({ subject: annotatedSubject(room), data: "?" } satisfies Outgoing)
    // Now and then long and full of what JSON escapes, so that pages are cut by bytes too.
    const text = index % 9 === 0 ? `${index}`.padEnd(3_900, '"ü') : `words ${index}`
    return annotatedMessage(keyring, { room, user: `user ${index % 6}`, text, srcSeq })
  }

  /** The rooms as the log itself has them, read and opened without the read model. */
  const readLog = async () => {
    const connection = await broker.connectAs("projector")
    const messages = await Effect.runPromise(
      tail(connection, { stream: ANN, from: 1 }).pipe(
        Stream.flatMap((batch) => Stream.fromIterable(batch)),
        Stream.take(head),
        Stream.runCollect
      )
    )
    for (const message of messages) {
      const room = parseAnnotated(message.subject)?.room ?? firstRoom
      const before = log.get(room) ?? []
      const prev = before.at(-1)?.seq ?? 0
      const decoded = decodeAnnotated(message)
      const event = Result.isSuccess(decoded)
        ? await Effect.runPromise(openRoomEvent(keyring, decoded.success, prev))
        : unreadablePlaceholder(room, message, prev)
      log.set(room, [...before, event])
    }
  }

  beforeAll(async () => {
    broker = await startBroker()
    edge = await broker.connectAs("edge")
    analyzer = await broker.connectAs("analyzer")
    keyring = await edgeKeyring(edge)
    client = await historyClient(edge)
    for (const room of rooms) {
      edge.raw.subscribe(liveSubject(room), {
        callback: (_, { headers }) => {
          const [seq, prev] = [headers?.get("Nats-Sequence"), headers?.get("Nats-Last-Sequence")].map(Number)
          if (seq !== undefined && prev !== undefined) republished.push({ seq, prev })
        }
      })
    }
    await edge.raw.flush()
    const events = await Effect.runPromise(
      Effect.forEach(Array.from({ length: EVENTS }), (_, index) => someEvent(index))
    )
    head = await append(analyzer, events)
    await readLog()
    projector = await startProjector(broker, { file: folder.file })
  })
  afterAll(async () => {
    await projector.stop()
    await broker.stop()
    folder.remove()
  })

  const page = (question: PageQuestion): Promise<Page> =>
    Effect.runPromise(client.page({ at_least: head, ...question }))

  /** Reads a whole room page by page. */
  const readAll = async (room: RoomId, limit: number, direction: "before" | "after") => {
    const events: Array<RoomEvent> = []
    for (;;) {
      const cursor = direction === "after" ? (events.at(-1)?.seq ?? 0) : events.at(0)?.seq
      const found = await page({ room, limit, ...(cursor === undefined ? {} : { [direction]: cursor }) })
      expect(found.events.length).toBeLessThanOrEqual(limit)
      expect(Buffer.byteLength(JSON.stringify(found))).toBeLessThanOrEqual(MAX_PAGE_BYTES)
      events.splice(direction === "after" ? events.length : 0, 0, ...found.events)
      if (!found.more) return events
      expect(found.events.length).toBeGreaterThan(0)
    }
  }

  it("read page by page, in either direction, is the room's log and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rooms),
        fc.integer({ min: 1, max: MAX_PAGE_EVENTS }),
        fc.constantFrom("before" as const, "after" as const),
        async (room, limit, direction) => {
          expect(await readAll(room, limit, direction)).toEqual(log.get(room))
        }
      ),
      { numRuns: 24, examples: [[firstRoom, 1, "before"]] }
    )
  })

  it("names for each event the one before it, just as the live feed does", async () => {
    await expect.poll(() => republished.length, soon).toBe(EVENTS)
    const stored = [...log.keys()].map((room) => readAll(room, MAX_PAGE_EVENTS, "after"))
    const chain = (await Promise.all(stored)).flat().map(({ seq, prev }) => ({ seq, prev }))
    expect(chain.toSorted((a, b) => a.seq - b.seq)).toEqual(republished)
  })

  it("starts a page at any cursor, also one that is no event of the room", async () => {
    const events = log.get(firstRoom) ?? []
    const [third, fourth] = [events[2], events[3]]
    const cursor = (third?.seq ?? 0) + 1
    expect(cursor).not.toBe(fourth?.seq)
    expect((await page({ room: firstRoom, after: cursor, limit: 1 })).events).toEqual([fourth])
    expect((await page({ room: firstRoom, before: cursor, limit: 1 })).events).toEqual([third])
  })

  it("of a room nobody has written in is empty", async () => {
    expect(await page({ room: RoomId.make("silent"), limit: 5 })).toMatchObject({ events: [], more: false })
    expect(await page({ room: firstRoom, before: 0, limit: 5 })).toMatchObject({ events: [], more: false })
    expect(await page({ room: firstRoom, after: head, limit: 5 })).toMatchObject({ events: [], more: false })
  })

  it("finds the entry a message's id led to, in its own room only", async () => {
    const message = (log.get(firstRoom) ?? []).find((event) => event.kind === "message")
    if (message?.kind !== "message") throw new Error("no message in the log")
    const found = await Effect.runPromise(client.find({ room: firstRoom, id: message.id }))
    expect(found.event).toEqual(message)
    const elsewhere = await Effect.runPromise(client.find({ room: RoomId.make("two"), id: message.id }))
    expect(elsewhere).not.toHaveProperty("event")
  })

  it("refuses a question that is none, and asks for no repeat of it", async () => {
    const bad = [
      "not json",
      JSON.stringify({ room: "one" }),
      JSON.stringify({ room: "one", limit: 0 }),
      JSON.stringify({ room: "one", limit: MAX_PAGE_EVENTS + 1 }),
      JSON.stringify({ room: "a.b", limit: 1 }),
      JSON.stringify({ room: "one", limit: 1, before: 3, after: 1 })
    ]
    for (const body of bad) {
      const answer = await edge.raw.request(historySubject("page"), body)
      expect(answer.json()).toEqual({ error: "invalid", retryable: false })
    }
  })

  it("waits for the writer's own event before it answers", async () => {
    const asked = page({ room: firstRoom, limit: 1, at_least: head + 1 })
    const event = await Effect.runPromise(
      annotatedMessage(keyring, { room: firstRoom, user: "ana", text: "my own words", srcSeq: EVENTS + 1 })
    )
    head = await append(analyzer, [event])
    expect(await asked).toMatchObject({ applied: head, events: [{ text: "my own words" }], more: true })
  })

  it("waits before it says that a message is not there, when it is asked from an event on", async () => {
    const spec = { room: firstRoom, user: "ana", text: "said twice", clientId: "again" }
    const { eventId: id } = await Effect.runPromise(sealedSubmission(keyring, spec))
    const asked = Effect.runPromise(client.find({ room: firstRoom, id, at_least: head + 1 }))
    head = await append(analyzer, [await Effect.runPromise(annotatedMessage(keyring, { ...spec, srcSeq: EVENTS + 2 }))])
    expect(await asked).toMatchObject({ applied: head, event: { text: "said twice" } })
  })

  it("says that it lags when the sequence does not come in time", async () => {
    const asked = Effect.runPromise(Effect.result(client.page({ room: firstRoom, limit: 1, at_least: head + 1 })))
    expect(await asked).toMatchObject({ failure: { reason: "lagging", retryable: true } })
  })
})
