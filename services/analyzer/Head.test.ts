import * as fc from "fast-check"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { parkedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { headOf, outcomeOf } from "./Head.ts"

const attempt = { head: { seq: 40, through: 7 }, through: 9 }

describe("headOf", () => {
  it("begins an empty partition at nothing", () => {
    expect(headOf(Option.none())).toEqual(Result.succeed({ seq: 0, through: 0 }))
  })

  it("takes the checkpoint from the last event, not its source", () => {
    const late = parkedSubmission({ room: "lobby", reason: "seal_broken", srcSeq: 3, subThrough: 9 })
    expect(headOf(Option.some(storedAs(late, 41)))).toEqual(Result.succeed({ seq: 41, through: 9 }))
  })

  it("refuses a last event without a checkpoint, since going on would answer everything again", () => {
    const strange = storedAs({ subject: "ann.3.lobby", data: "" }, 41)
    expect(headOf(Option.some(strange))).toEqual(Result.fail("NoCheckpoint"))
  })
})

describe("outcomeOf", () => {
  it("tells an append that never arrived from one that did", () => {
    expect(outcomeOf(attempt, { seq: 40, through: 7 })).toBe("retry")
    expect(outcomeOf(attempt, { seq: 42, through: 9 })).toBe("committed")
  })

  it("gives up a partition that somebody else went on with, less far or further", () => {
    expect(outcomeOf(attempt, { seq: 41, through: 8 })).toBe("fenced")
    expect(outcomeOf(attempt, { seq: 43, through: 10 })).toBe("fenced")
  })

  it("tries again after a hole was filled, which moves the sequence and not the checkpoint", () => {
    expect(outcomeOf(attempt, { seq: 41, through: 7 })).toBe("retry")
  })

  it("gives up a partition whose stream has become shorter", () => {
    expect(outcomeOf(attempt, { seq: 12, through: 9 })).toBe("fenced")
  })

  it("never calls an append committed unless the checkpoint is its own", () => {
    const head = fc.record({ seq: fc.nat(60), through: fc.nat(20) })
    fc.assert(
      fc.property(head, (found) => {
        if (outcomeOf(attempt, found) === "committed") expect(found.through).toBe(attempt.through)
      })
    )
  })
})
