import { createSecretKey, randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { beforeAll, describe, expect, it } from "vitest"
import { Author } from "#libs/domain/Author.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { Keyring, KeyringError, type KeyringErrorReason } from "#libs/keyring/Keyring.ts"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import type { Outgoing } from "#nats/publish.ts"
import { annotatedMessage, calm, parkedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { type AnnotatedEvent, decodeAnnotated } from "./decodeAnnotated.ts"
import { openRoomEvent, unreadablePlaceholder } from "./openRoomEvent.ts"

const spec = { room: "lobby", user: "ana", text: "hello", clientId: "c-1", srcSeq: 4, createdAt: 1_000 }
const decoded = (outgoing: Outgoing): AnnotatedEvent =>
  Result.getOrThrow(decodeAnnotated(storedAs(outgoing, 12, 2_000)))

let keyring: Keyring["Service"]
let scored: AnnotatedEvent
beforeAll(async () => {
  keyring = await Effect.runPromise(Effect.provide(Keyring, layerMemory))
  scored = decoded(await Effect.runPromise(annotatedMessage(keyring, spec)))
})

const open = (event: AnnotatedEvent, with_ = keyring) => Effect.runPromise(openRoomEvent(with_, event, 9))
const failing = (reason: KeyringErrorReason): Keyring["Service"] => ({
  ...keyring,
  openingKey: () => Effect.fail(new KeyringError({ reason }))
})
const placeholder = { kind: "placeholder", room: "lobby", seq: 12, prev: 9, created_at: 1_000 }

describe("an annotated event, opened for readers", () => {
  it("is its message with its scores, in its place", async () => {
    expect(await open(scored)).toEqual({
      kind: "message",
      room: "lobby",
      seq: 12,
      prev: 9,
      created_at: 1_000,
      id: scored.event._tag === "MessageAnnotated" ? scored.event.payload.submitted_id : undefined,
      author: await Effect.runPromise(keyring.authorOf(UserId.make("ana"))),
      user_id: "ana",
      text: "hello",
      client_id: "c-1",
      annotation: calm
    })
  })

  it("is its message without scores when the analysis was unavailable", async () => {
    const unavailable = annotatedMessage(keyring, { ...spec, annotation: "unavailable" })
    const event = await open(decoded(await Effect.runPromise(unavailable)))
    expect(event).toMatchObject({ kind: "message", text: "hello" })
    expect(event).not.toHaveProperty("annotation")
  })

  it("keeps its place with the reason when its submission was parked", async () => {
    const parked = parkedSubmission({ room: "lobby", reason: "type_unknown", srcSeq: 4, createdAt: 1_000 })
    expect(await open(decoded(parked))).toEqual({ ...placeholder, reason: "type_unknown" })
  })

  it("keeps its place when its key was destroyed or is another master key's", async () => {
    expect(await open(scored, failing("Destroyed"))).toEqual({ ...placeholder, reason: "key_destroyed" })
    expect(await open(scored, failing("Broken"))).toEqual({ ...placeholder, reason: "unreadable" })
  })

  it("keeps its place when its seal is broken", async () => {
    const wrongKey = { ...keyring, openingKey: () => Effect.succeed(createSecretKey(randomBytes(32))) }
    expect(await open(scored, wrongKey)).toEqual({ ...placeholder, reason: "seal_broken" })
  })

  it("is not believed of another author than the one who sealed it", async () => {
    if (scored.event._tag !== "MessageAnnotated") throw new Error("not a message")
    const author = Author.make(randomBytes(16).toString("base64url"))
    const event = { ...scored.event, payload: { ...scored.event.payload, author } }
    expect(await open({ ...scored, event })).toEqual({ ...placeholder, reason: "seal_broken" })
  })

  it("fails only while the key cannot be asked for", async () => {
    await expect(open(scored, failing("Unavailable"))).rejects.toMatchObject({ reason: "Unavailable", retryable: true })
  })

  it("keeps its place when this build cannot decode it", async () => {
    const outgoing = await Effect.runPromise(annotatedMessage(keyring, spec))
    const newer = storedAs({ ...outgoing, headers: { ...outgoing.headers, "Event-Version": "2" } }, 12, 2_000)
    const refused = decodeAnnotated(newer)
    expect(Result.isFailure(refused) && refused.failure.reason).toBe("version_unknown")
    expect(unreadablePlaceholder(scored.room, newer, 9)).toEqual({
      ...placeholder,
      created_at: 2_000,
      reason: "unreadable"
    })
  })
})
