import { headers } from "@nats-io/nats-core"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { parkedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { foldBatch, newMessages, slicesOf } from "./foldBatch.ts"

const parked = (seq: number, room: string): StoredMessage =>
  storedAs(parkedSubmission({ room, reason: "seal_broken", srcSeq: seq }), seq)
const garbage = (seq: number, subject: string): StoredMessage => ({
  seq,
  subject,
  storedAt: 5_000,
  headers: headers(),
  data: Buffer.from("{")
})
const sequences = (messages: ReadonlyArray<StoredMessage>) => messages.map(({ seq }) => seq)
const messagesAt = (...seqs: ReadonlyArray<number>) => seqs.map((seq) => parked(seq, "a"))

describe("telling new events from repeated ones", () => {
  it("keeps what follows the position", () => {
    expect(sequences(Result.getOrThrow(newMessages(4, messagesAt(5, 6))))).toEqual([5, 6])
  })

  it("leaves out what was applied before, and what comes twice in one batch", () => {
    expect(sequences(Result.getOrThrow(newMessages(4, messagesAt(3, 4, 5, 5, 4, 6))))).toEqual([5, 6])
    expect(newMessages(4, messagesAt(1, 2))).toEqual(Result.succeed([]))
  })

  it("names the hole in front of a batch or within it", () => {
    expect(newMessages(4, messagesAt(6))).toEqual(Result.fail({ expected: 5, found: 6 }))
    expect(newMessages(4, messagesAt(5, 7))).toEqual(Result.fail({ expected: 6, found: 7 }))
  })
})

describe("folding a batch", () => {
  it("chains each room's events, from the head the room had before", () => {
    const given = [parked(11, "a"), parked(12, "b"), parked(13, "a"), parked(14, "a")]
    const { rows, heads } = foldBatch(given, (room) => (room === "a" ? 7 : 0))
    expect(rows.map(({ seq, room, prev }) => [seq, room, prev])).toEqual([
      [11, "a", 7],
      [12, "b", 0],
      [13, "a", 11],
      [14, "a", 13]
    ])
    expect([...heads]).toEqual([
      ["a", 14],
      ["b", 12]
    ])
  })

  it("keeps a place in the chain for an event it cannot decode", () => {
    const room = RoomId.make("a")
    const given = [garbage(1, parked(1, room).subject), parked(2, room)]
    const { rows, undecodable } = foldBatch(given, () => 0)
    expect(rows).toMatchObject([
      { kind: "placeholder", seq: 1, prev: 0, reason: "unreadable", created_at: 5_000 },
      { kind: "placeholder", seq: 2, prev: 1, reason: "seal_broken" }
    ])
    expect(undecodable).toBe(1)
  })

  it("gives no row to an event whose subject names no room", () => {
    expect(foldBatch([garbage(1, "ann.3.r%C3%B6m")], () => 0)).toMatchObject({ rows: [], misplaced: 1 })
  })
})

describe("cutting a batch", () => {
  it("leaves nothing out and nothing longer than asked for", () => {
    expect(slicesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]])
    expect(slicesOf([], 2)).toEqual([])
  })
})
