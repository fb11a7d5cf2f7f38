import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { beforeAll, describe, expect, it } from "vitest"
import { derivedEventId } from "#libs/domain/EventId.ts"
import { decodeAnnotated } from "#libs/events/decodeAnnotated.ts"
import { decodeSubmission } from "#libs/events/decodeSubmission.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { calm, sealedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { annotatedEvent } from "./annotatedEvent.ts"
import type { Answerable } from "./readSubmission.ts"

const origin = { epoch: "e1", analyzer: { id: "test", version: "1" }, now: 1_790_000_000_000 }
let message: StoredMessage
let answer: Answerable

beforeAll(async () => {
  const spec = { room: "lobby", user: "ana", text: "hello" }
  const { outgoing } = await Effect.runPromise(
    Keyring.use((keyring) => sealedSubmission(keyring, spec)).pipe(Effect.provide(layerMemory))
  )
  message = storedAs(outgoing, 17, 1_789_999_999_000)
  answer = { _tag: "Message", message, submission: Result.getOrThrow(decodeSubmission(message)), text: "hello" }
})

describe("annotatedEvent", () => {
  it("is the same event for the same cause, whoever prepares it", () => {
    expect(annotatedEvent(answer, calm, origin)).toEqual(annotatedEvent(answer, calm, origin))
    expect(annotatedEvent(answer, calm, origin).outgoing.headers?.["Event-Id"]).toBe(
      derivedEventId("MessageAnnotated", "e1", 17)
    )
  })

  it("is decoded as what it was made from", () => {
    const { outgoing, srcSeq } = annotatedEvent(answer, calm, origin)
    expect(srcSeq).toBe(17)
    expect(decodeAnnotated(storedAs(outgoing, 3))).toMatchObject({
      success: {
        room: "lobby",
        srcSeq: 17,
        subThrough: 17,
        event: { _tag: "MessageAnnotated", payload: { created_at: 1_789_999_999_000, annotation: calm } }
      }
    })
  })

  it("leaves the scores out where there are none", () => {
    const { outgoing } = annotatedEvent(answer, undefined, origin)
    expect(JSON.parse(String(outgoing.data))).not.toHaveProperty("annotation")
  })

  it("states another checkpoint than its source when it fills a hole", () => {
    const { outgoing } = annotatedEvent(answer, calm, { ...origin, subThrough: 40 })
    expect(decodeAnnotated(storedAs(outgoing, 3))).toMatchObject({ success: { srcSeq: 17, subThrough: 40 } })
  })

  it("carries a parked submission's reason, and its own id where no envelope could be read", () => {
    const parked: Answerable = { _tag: "Parked", message, reason: "envelope_undecodable", envelope: undefined }
    const { outgoing } = annotatedEvent(parked, undefined, origin)
    expect(outgoing.headers?.["Correlation-Id"]).toBe(derivedEventId("SubmissionParked", "e1", 17))
    expect(decodeAnnotated(storedAs(outgoing, 3))).toMatchObject({
      success: { event: { _tag: "SubmissionParked", payload: { reason: "envelope_undecodable" } } }
    })
  })
})
