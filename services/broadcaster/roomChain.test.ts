import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  advance,
  chainAt,
  fill,
  hold,
  learnHead,
  type Linked,
  MAX_HELD,
  next,
  type RoomChain,
  startAt
} from "./roomChain.ts"

const link = (seqs: ReadonlyArray<number>): ReadonlyArray<Linked> =>
  seqs.map((seq, index) => ({ seq, prev: seqs[index - 1] ?? 0 }))

/** Gives out all that needs no reading. */
const drain = (
  chain: RoomChain<Linked>
): { readonly chain: RoomChain<Linked>; readonly given: ReadonlyArray<number> } => {
  const given: Array<number> = []
  let so = chain
  for (let step = next(so); step.kind === "give"; step = next(so)) {
    given.push(step.event.seq)
    so = advance(so)
  }
  return { chain: so, given }
}

describe("roomChain", () => {
  it("gives an event whose predecessor was given, and asks for what is missing before another", () => {
    const [one, two, three] = [
      { seq: 3, prev: 0 },
      { seq: 7, prev: 3 },
      { seq: 9, prev: 7 }
    ]
    const first = drain(hold(chainAt<Linked>(0), one))
    expect(first.given).toEqual([3])
    const gap = hold(first.chain, three)
    expect(next(gap)).toEqual({ kind: "repair", after: 3, through: 7 })
    expect(drain(fill(gap, 7, [{ ...two, prev: 0 }])).given).toEqual([7, 9])
  })

  it("asks for a last event that it only heard of", () => {
    const chain = learnHead(chainAt<Linked>(5), 8)
    expect(next(chain)).toEqual({ kind: "repair", after: 5, through: 8 })
    expect(next(learnHead(chain, 6))).toEqual({ kind: "repair", after: 5, through: 8 })
  })

  it("does not jump over what a reader of an incomplete replica is missing", () => {
    const gap = hold(chainAt<Linked>(1), { seq: 9, prev: 7 })
    expect(next(fill(gap, 7, [{ seq: 9, prev: 0 }]))).toEqual({ kind: "repair", after: 1, through: 7 })
  })

  it("holds no more than its bound, and reads the rest again", () => {
    const seqs = Array.from({ length: MAX_HELD * 3 }, (_, index) => index + 2)
    const full = link([1, ...seqs])
      .slice(1)
      .reduce(hold, startAt(chainAt<Linked>(0), 0))
    expect(full.held).toHaveLength(MAX_HELD)
    const rest = drain(startAt(full, 1))
    expect(next(rest.chain)).toEqual({ kind: "repair", after: MAX_HELD + 1, through: MAX_HELD * 3 + 1 })
  })

  it("begins where history ended, with what came meanwhile", () => {
    const [, , c, d] = link([2, 4, 6, 8])
    const held = [c, d].reduce((chain, event) => (event === undefined ? chain : hold(chain, event)), chainAt<Linked>(0))
    expect(drain(startAt(held, 4)).given).toEqual([6, 8])
    expect(drain(startAt(held, 6)).given).toEqual([8])
    expect(drain(startAt(held, 8)).given).toEqual([])
  })

  it("gives each event once and in order, whatever is lost, doubled, or comes late", () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("live" as const), lost: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("again" as const), back: fc.nat(10) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("head" as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("read" as const), atMost: fc.integer({ min: 1, max: 4 }) })
      }
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 60 }),
        fc.array(action, { maxLength: 200 }),
        fc.nat(60),
        (unsorted, actions, startsAt) => {
          const truth = link(unsorted.toSorted((a, b) => a - b))
          const start = truth[Math.min(startsAt, truth.length) - 1]?.seq ?? 0
          let chain = chainAt<Linked>(start)
          let published = truth.findIndex(({ seq }) => seq > start)
          if (published < 0) published = truth.length
          const given: Array<number> = []
          const settle = () => {
            const drained = drain(chain)
            chain = drained.chain
            given.push(...drained.given)
          }
          const read = (atMost: number) => {
            const step = next(chain)
            if (step.kind !== "repair") return
            const there = truth.slice(0, published).filter(({ seq }) => seq > step.after)
            chain = fill(
              chain,
              step.through,
              there.slice(0, atMost).map(({ seq }) => ({ seq, prev: 0 }))
            )
          }
          for (const act of actions) {
            const newest = truth[published]
            if (act.kind === "live" && newest !== undefined) {
              published++
              if (!act.lost) chain = hold(chain, newest)
            } else if (act.kind === "again") {
              const old = truth[published - 1 - act.back]
              if (old !== undefined) chain = hold(chain, old)
            } else if (act.kind === "head") chain = learnHead(chain, truth[published - 1]?.seq ?? 0)
            else if (act.kind === "read") read(act.atMost)
            settle()
          }
          chain = learnHead(chain, truth[published - 1]?.seq ?? 0)
          for (let rounds = 0; next(chain).kind === "repair" && rounds < 100; rounds++) {
            read(3)
            settle()
          }
          expect(given).toEqual(
            truth
              .slice(0, published)
              .map(({ seq }) => seq)
              .filter((seq) => seq > start)
          )
        }
      ),
      { numRuns: 1_000 }
    )
  })
})
