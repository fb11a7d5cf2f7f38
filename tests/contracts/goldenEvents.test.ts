/**
 * Golden files are events as a stream has held them, one or more of each version ever written, under a test key. They are
 * never changed: a build that cannot read one of them could not read its operators' streams (invariant I13).
 */
import { readdirSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { beforeAll, describe, expect, it } from "vitest"
import { EventId } from "#libs/domain/EventId.ts"
import { STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { decodeSubmission } from "#libs/events/decodeSubmission.ts"
import { encodeEvent } from "#libs/events/encodeEvent.ts"
import { Header } from "#libs/events/Envelope.ts"
import { type EventPayloads, eventTypes } from "#libs/events/eventTypes.ts"
import { openRoomEvent } from "#libs/events/openRoomEvent.ts"
import { openSubmitted } from "#libs/events/openSubmitted.ts"
import { RoomEvent } from "#libs/events/RoomEvent.ts"
import { SealedMessage } from "#libs/events/SealedMessage.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import { memoryEntries } from "#libs/keyring/KeyringMemory.ts"
import { makeKeyring } from "#libs/keyring/makeKeyring.ts"
import { storedAs } from "#tests/support/EventFactory.ts"

const FOLDER = new URL("../../libs/events/golden/", import.meta.url)

const Keys = Schema.fromJsonString(
  Schema.Struct({ masterKey: Schema.String, entries: Schema.Record(Schema.String, Schema.String) })
)
const Golden = Schema.fromJsonString(
  Schema.Struct({
    stored: Schema.Struct({
      seq: Schema.Natural,
      subject: Schema.String,
      storedAt: Schema.Natural,
      headers: Schema.Record(Schema.String, Schema.String),
      body: Schema.String
    }),
    opened: Schema.Union([RoomEvent, SealedMessage])
  })
)
const read = (file: string): string => readFileSync(new URL(file, FOLDER), "utf8")
const goldenFiles = readdirSync(FOLDER).filter((file) => file !== "keys.json")
const golden = (file: string) => {
  const { stored, opened } = Schema.decodeSync(Golden)(read(file))
  const { seq, subject, storedAt, headers, body } = stored
  return { stored, opened, message: storedAs({ subject, headers, data: body }, seq, storedAt) }
}

let keyring: Keyring["Service"]
beforeAll(async () => {
  const { masterKey, entries } = Schema.decodeSync(Keys)(read("keys.json"))
  const stored = new Map(Object.entries(entries).map(([name, entry]) => [name, Buffer.from(entry)]))
  keyring = await Effect.runPromise(makeKeyring(memoryEntries(stored), Buffer.from(masterKey, "hex")))
})

/** Today's version has not changed under its number: what is read is written the same again. */
const expectSameAgain = <Type extends keyof EventPayloads>(
  type: Type,
  payload: EventPayloads[Type],
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
): void => {
  if (headers[Header.version] !== String(eventTypes[type].current)) return
  const eventId = EventId.make(headers[Header.eventId] ?? "")
  const again = encodeEvent({ type, eventId, occurredAt: 0, correlationId: "" }, payload)
  expect(JSON.parse(again.data)).toEqual(JSON.parse(body))
}

describe("golden events", () => {
  for (const [type, { read: versions }] of Object.entries(eventTypes)) {
    for (const version of versions.keys()) {
      it(`hold ${type} in version ${version}`, () => {
        expect(goldenFiles.filter((file) => file.startsWith(`${type}.v${version}.`))).not.toEqual([])
      })
    }
  }

  for (const file of goldenFiles.filter((name) => name.startsWith("MessageSubmitted."))) {
    it(`of ${file} open to what was sealed`, async () => {
      const { message, opened, stored } = golden(file)
      const { envelope, room, payload } = Result.getOrThrow(decodeSubmission(message))
      const submitted = { submittedId: envelope[Header.eventId], room, ...payload }
      expect(Result.getOrThrow(await Effect.runPromise(openSubmitted(keyring, submitted)))).toEqual(opened)
      expectSameAgain("MessageSubmitted", payload, stored)
    })
  }

  for (const file of goldenFiles.filter((name) => !name.startsWith("MessageSubmitted."))) {
    it(`of ${file} open to what their readers were given`, async () => {
      const { message, opened, stored } = golden(file)
      const annotated = Result.getOrThrow(decodeAnnotated(message))
      const prev = "prev" in opened ? opened.prev : 0
      expect(await Effect.runPromise(openRoomEvent(keyring, annotated, prev))).toEqual(opened)
      const { event } = annotated
      if (event._tag === "MessageAnnotated") expectSameAgain(event._tag, event.payload, stored)
      else expectSameAgain(event._tag, event.payload, stored)
    })
  }

  it("find their author and data key under the names that today's build gives", async () => {
    const { message } = golden("MessageSubmitted.v1.json")
    const { payload } = Result.getOrThrow(decodeSubmission(message))
    const found = Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 22))
      const author = yield* keyring.authorOf(UserId.make("zoë.müller"))
      return { author, kid: (yield* keyring.sealingKey(author, STANDARD_ROOM_CLASS)).kid }
    })
    const names = await Effect.runPromise(found.pipe(Effect.provide(TestClock.layer())))
    expect(names).toEqual({ author: payload.author, kid: payload.sealed.kid })
  })
})
