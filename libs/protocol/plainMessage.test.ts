import { describe, expect, it } from "vitest"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { RoomMessage } from "#libs/events/RoomEvent.ts"
import { plainMessage } from "./plainMessage.ts"

const message: RoomMessage = {
  kind: "message",
  room: RoomId.make("lobby"),
  seq: 42,
  prev: 40,
  created_at: 1_790_000_000_123,
  id: EventId.make("a".repeat(43)),
  author: Author.make("b".repeat(22)),
  user_id: "ana",
  text: 'I am "fine"\n✓',
  client_id: "mine-1",
  annotation: { sentiment: "positive", sentiment_score: 0.6, crisis_probability: 0.02 }
}

describe("plainMessage", () => {
  it("has the six promised fields, and its place, id and analysis beside them", () => {
    expect(JSON.parse(plainMessage(message))).toStrictEqual({
      room_id: "lobby",
      user_id: "ana",
      text: 'I am "fine"\n✓',
      sentiment: "positive",
      crisis_probability: 0.02,
      created_at: "2026-09-21T14:13:20.123Z",
      type: "message",
      id: "a".repeat(43),
      seq: 42,
      prev: 40,
      client_id: "mine-1",
      analysis: "scored"
    })
  })

  it("says with nulls that there are no scores, and only then", () => {
    const { annotation: _, ...bare } = message
    expect(JSON.parse(plainMessage(bare))).toMatchObject({
      sentiment: null,
      crisis_probability: null,
      analysis: "unavailable"
    })
  })

  it("marks a message that is sent again to who retried it", () => {
    expect(JSON.parse(plainMessage(message, "duplicate"))).toMatchObject({ duplicate: true })
    expect(JSON.parse(plainMessage(message))).not.toHaveProperty("duplicate")
  })

  it("tells nothing of who the author is to the log", () => {
    expect(plainMessage(message)).not.toContain(message.author)
  })
})
