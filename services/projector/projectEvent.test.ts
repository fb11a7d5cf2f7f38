import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { AnnotatedEvent } from "#libs/events/decodeAnnotated.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { openRoomEvent, unreadablePlaceholder } from "#libs/events/openRoomEvent.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import type { Outgoing } from "#nats/publish.ts"
import { annotatedMessage, parkedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { openMessageRow, placeholderOf } from "./openRow.ts"
import { projectEvent, projectUndecodable } from "./projectEvent.ts"

const keyring = await Effect.runPromise(Keyring.pipe(Effect.provide(layerMemory)))
const room = RoomId.make("lobby")
const angry = { sentiment: "negative", sentiment_score: -0.8, crisis_probability: 0.4 } as const

const message = (annotation: typeof angry | "unavailable" = angry) =>
  Effect.runPromise(
    annotatedMessage(keyring, { room, user: "ana", text: "leave me alone", srcSeq: 7, createdAt: 1_000, annotation })
  )
const event = (outgoing: Outgoing, seq: number): AnnotatedEvent =>
  Result.getOrThrow(decodeAnnotated(storedAs(outgoing, seq)))

describe("projecting an annotated event", () => {
  it("given a scored message, it becomes a row with its place, its scores and its sealed words", async () => {
    const given = event(await message(), 12)
    const row = projectEvent(given, 9)
    expect(row).toMatchObject({ kind: "message", seq: 12, room, prev: 9, src_seq: 7, created_at: 1_000, ...angry })
    expect(JSON.stringify(row)).not.toMatch(/leave me alone|ana"/)
  })

  it("given a message without scores, the row has none either", async () => {
    const row = projectEvent(event(await message("unavailable"), 1), 0)
    expect(row).toMatchObject({ kind: "message", sentiment: null, sentiment_score: null, crisis_probability: null })
  })

  it("given a parked submission, it becomes a placeholder with the reason", () => {
    const given = event(parkedSubmission({ room, reason: "seal_broken", srcSeq: 3, createdAt: 2_000 }), 5)
    expect(projectEvent(given, 4)).toMatchObject({
      kind: "placeholder",
      seq: 5,
      prev: 4,
      src_seq: 3,
      created_at: 2_000,
      reason: "seal_broken",
      sealed_ct: null
    })
  })

  it("gives history the very entry that live readers got", async () => {
    const scored = event(await message(), 3)
    const unscored = event(await message("unavailable"), 4)
    for (const given of [scored, unscored]) {
      const row = projectEvent(given, 2)
      if (row.kind !== "message") throw new Error("not a message")
      const live = await Effect.runPromise(openRoomEvent(keyring, given, 2))
      expect(await Effect.runPromise(openMessageRow(keyring, row))).toEqual(live)
    }
    const parked = event(parkedSubmission({ room, reason: "key_destroyed", srcSeq: 3 }), 5)
    const row = projectEvent(parked, 4)
    if (row.kind !== "placeholder") throw new Error("not a placeholder")
    expect(placeholderOf(row)).toEqual(await Effect.runPromise(openRoomEvent(keyring, parked, 4)))
  })

  it("keeps the place of what it cannot decode, as live readers are shown it", async () => {
    const stored = storedAs(await message(), 8, 3_000)
    const row = projectUndecodable(room, stored, 6)
    expect(row).toMatchObject({ kind: "placeholder", event_id: null, src_seq: null })
    expect(placeholderOf(row)).toEqual(unreadablePlaceholder(room, stored, 6))
  })
})
