import { createSecretKey } from "node:crypto"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { Author } from "#libs/domain/Author.ts"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { submissionEventId } from "#libs/domain/EventId.ts"
import { MessageText } from "#libs/domain/MessageText.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { KeyId } from "#libs/events/SealedValue.ts"
import { openMessage } from "#libs/events/sealMessage.ts"
import { submissionSeal } from "#libs/events/openSubmitted.ts"
import { isOurOwn, isSame } from "./judgeStored.ts"
import { submitMessage } from "./submitMessage.ts"

const author = Author.make("A".repeat(22))
const clientId = ClientMessageId.make("c1")
const key = { kid: KeyId.make(`${"k".repeat(22)}.${"r".repeat(11)}`), key: createSecretKey(Buffer.alloc(32, 1)) }
const send = { room: RoomId.make("lobby"), user: UserId.make("ana"), text: MessageText.make("a private word") }
const context = { author, key, clientId, now: 1_790_000_000_000, nonce: Buffer.alloc(12, 2) }
const submission = submitMessage(send, context)

describe("a submission", () => {
  it("has the id that its author and client message id give, as the broker's message id too", () => {
    expect(submission.eventId).toBe(submissionEventId(author, clientId))
    expect(submission.event.headers["Nats-Msg-Id"]).toBe(submission.eventId)
    expect(submission.event.headers["Occurred-At"]).toBe("2026-09-21T14:13:20.000Z")
  })

  it("shows neither text nor user, and opens with its key, for its id and room only", () => {
    const stored = JSON.stringify(submission.event)
    expect(stored).not.toContain("private")
    expect(stored).not.toContain("ana")
    const open = (room: RoomId) => openMessage(key.key, submissionSeal(submission.eventId, room), submission.sealed)
    expect(open(send.room)).toEqual(Result.succeed({ user_id: "ana", text: "a private word", client_id: "c1" }))
    expect(Result.isFailure(open(RoomId.make("elsewhere")))).toBe(true)
  })
})

describe("a message that is stored already", () => {
  const opened = { user_id: send.user, text: send.text, client_id: clientId }
  const another = submitMessage(send, { ...context, nonce: Buffer.alloc(12, 3) })

  it("is our own when it is the very bytes we sent, an earlier try then", () => {
    expect(isOurOwn(submission, submission)).toBe(true)
    expect(isOurOwn(submission, another)).toBe(false)
  })

  it("is the same when it says the same in the same room", () => {
    expect(isSame(submission, another, opened)).toBe(true)
    expect(isSame(submission, another, { ...opened, text: MessageText.make("another word") })).toBe(false)
    expect(isSame(submission, { ...another, room: RoomId.make("elsewhere") }, opened)).toBe(false)
    expect(isSame(submission, another, undefined)).toBe(false)
  })
})
