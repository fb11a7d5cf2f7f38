import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { storedAs } from "#tests/support/EventFactory.ts"
import { Intake } from "./Intake.ts"
import { PartitionLog } from "./PartitionLog.ts"

const submission = (seq: number, partition: number): StoredMessage =>
  storedAs({ subject: `sub.${partition}.lobby.message`, data: "x" }, seq)

const log = (partition: number, through: number) => new PartitionLog(partition, { seq: 0, through })

const taken = (from: PartitionLog): ReadonlyArray<number> => from.beginPreparing(0, 1_000).map(({ seq }) => seq)

describe("Intake", () => {
  it("gives an owned partition its own submissions only", () => {
    const intake = new Intake()
    const three = log(3, 0)
    intake.own(three, 0)
    intake.offer([submission(1, 3), submission(2, 4), submission(3, 3)])
    expect(taken(three)).toEqual([1, 3])
  })

  it("takes nothing from the feed while a partition is behind it", () => {
    const intake = new Intake()
    const three = log(3, 2)
    intake.own(three, 9)
    intake.offer([submission(12, 3)])
    expect(intake.behind()).toEqual([three])
    intake.offerTo(three, [submission(5, 3), submission(9, 3), submission(12, 3)])
    expect(intake.behind()).toEqual([])
    intake.offer([submission(12, 3), submission(15, 3)])
    expect(taken(three)).toEqual([5, 9, 12, 15])
  })

  it("forgets a partition that was let go of, and not the one that was taken up in its place", () => {
    const intake = new Intake()
    const [before, after] = [log(3, 0), log(3, 4)]
    intake.own(before, 4)
    intake.own(after, 4)
    expect(intake.disown(before)).toBe(false)
    intake.offerTo(before, [submission(1, 3)])
    expect(taken(before)).toEqual([])
    expect(intake.logs.get(3)).toBe(after)
  })

  it("takes each submission in once and in order, however feed, own reading and scoring take turns", () => {
    const steps = fc.array(fc.constantFrom("write", "feed", "read", "score"), { minLength: 50, maxLength: 900 })
    fc.assert(
      fc.property(steps, fc.nat(5), (turns, beginning) => {
        const stream = Array.from({ length: beginning }, (_, at) => submission(at + 1, 3))
        const intake = new Intake()
        const three = log(3, 0)
        intake.own(three, beginning)
        const seen: Array<number> = []
        let fed = beginning
        for (const turn of turns) {
          if (turn === "write") for (let more = 0; more < 5; more++) stream.push(submission(stream.length + 1, 3))
          if (turn === "feed") {
            intake.offer(stream.slice(fed))
            fed = stream.length
          }
          if (turn === "read")
            for (const behind of intake.behind()) intake.offerTo(behind, stream.slice(behind.position))
          if (turn === "score") {
            const messages = three.beginPreparing(0, 64)
            seen.push(...messages.map(({ seq }) => seq))
            const ready = messages.map(({ seq, subject }) => ({
              srcSeq: seq,
              bytes: 1,
              outgoing: { subject, data: "" }
            }))
            three.endPreparing(ready, 0)
            const { attempt } = three.beginAppend(ready.length)
            three.appended(attempt, seen.length)
          }
        }
        expect(seen).toEqual(seen.map((_, at) => at + 1))
      })
    )
  })
})
