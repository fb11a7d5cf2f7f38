import { beforeEach, describe, expect, it } from "vitest"
import type { ChatMessage } from "#libs/plainClient/incomingFrame.ts"
import { Tally } from "./Tally.ts"

const message = (id: string, seq: number, changes: Partial<ChatMessage> = {}): ChatMessage => ({
  room_id: "r",
  user_id: "u",
  text: "t",
  sentiment: "neutral",
  crisis_probability: 0,
  created_at: "2026-11-22T12:00:00.000Z",
  seq,
  client_id: id,
  ...changes
})

describe("the tally of a demo", () => {
  let tally: Tally
  beforeEach(() => {
    tally = new Tally()
    tally.watch("one", "r")
    tally.watch("two", "r")
    tally.watch("writer")
    for (const [turn, id] of ["a", "b"].entries()) tally.sending(id, { room: "r", user: "u", turn })
    tally.acknowledged("a", message("a", 1), 100)
    tally.acknowledged("b", message("b", 2), 100)
  })
  const see = (name: string, ...messages: ReadonlyArray<ChatMessage>) => {
    for (const one of messages) tally.received(name, one, 110)
  }

  it("finds nothing wrong where every observer saw everything once and in order", () => {
    for (const name of ["one", "two", "writer"]) see(name, message("a", 1), message("b", 2))
    expect(tally.totals()).toMatchObject({ received: 4, expected: 4, lost: 0, outOfOrder: 0, duplicated: 0 })
    expect(tally.totals().latencies).toEqual([10, 10, 10, 10])
  })

  it("counts what an observer did not see as lost", () => {
    see("one", message("a", 1), message("b", 2))
    see("two", message("a", 1))
    expect(tally.totals().lost).toBe(1)
  })

  it("sees a message that comes twice on a connection, or is stored twice", () => {
    see("one", message("a", 1), message("a", 1))
    expect(tally.totals().duplicated).toBe(1)
    see("one", message("a", 3))
    expect(tally.totals().duplicated).toBe(2)
  })

  it("does not take the history after a reconnection for duplicates", () => {
    see("one", message("a", 1))
    tally.connected("one")
    see("one", message("a", 1), message("b", 2))
    expect(tally.totals()).toMatchObject({ received: 2, outOfOrder: 0, duplicated: 0 })
  })

  it("sees an order that falls, an order that differs, and an author's words turned round", () => {
    see("one", message("b", 2), message("a", 1))
    expect(tally.totals().outOfOrder).toBe(2)
    see("two", message("b", 1))
    expect(tally.totals().outOfOrder).toBe(3)
  })

  it("leaves out what others say meanwhile, but checks its place", () => {
    see("one", message("x", 5), message("y", 4))
    expect(tally.totals()).toMatchObject({ received: 0, outOfOrder: 1, lost: 4 })
  })

  it("tells the messages without scores apart", () => {
    tally.acknowledged("b", message("b", 2, { sentiment: null }), 100)
    expect(tally.totals()).toMatchObject({ acknowledged: 2, annotated: 1 })
  })
})
