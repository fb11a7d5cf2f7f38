import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { storedAs } from "#tests/support/EventFactory.ts"
import { FeedOrder } from "./FeedOrder.ts"

const message = (seq: number) => storedAs({ subject: "sub.1.lobby.message", data: "" }, seq)

describe("FeedOrder", () => {
  it("names what is missed before the first message that came too early", () => {
    const order = new FeedOrder(4)
    expect(order.accept(message(7))).toEqual([])
    expect(order.gap).toEqual([5, 6])
    expect(order.accept(message(5)).map(({ seq }) => seq)).toEqual([5])
    expect(order.accept(message(6)).map(({ seq }) => seq)).toEqual([6, 7])
    expect(order.gap).toEqual([])
  })

  it("goes on past a message that no longer exists", () => {
    const order = new FeedOrder(0)
    order.accept(message(2))
    expect(order.skip().map(({ seq }) => seq)).toEqual([2])
    expect(order.position).toBe(2)
  })

  it("gives every message once and in order, whatever the order and number of arrivals", () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 })
    fc.assert(
      fc.property(arrivals, (sequences) => {
        const order = new FeedOrder(0)
        const given = sequences.flatMap((seq) => order.accept(message(seq))).map(({ seq }) => seq)
        expect(given).toEqual(given.map((_, at) => at + 1))
        expect(order.position).toBe(given.length)
        const missed = Array.from({ length: 40 }, (_, at) => at + 1).find((seq) => !sequences.includes(seq)) ?? 41
        expect(order.position).toBe(missed - 1)
      })
    )
  })
})
