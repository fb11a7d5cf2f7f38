import { describe, expect, it } from "vitest"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { storedAs } from "#tests/support/EventFactory.ts"
import { PartitionLog, type Prepared } from "./PartitionLog.ts"

const head = { seq: 40, through: 7 }
const submission = (seq: number, size = 1): StoredMessage =>
  storedAs({ subject: "sub.3.lobby.message", data: "x".repeat(size) }, seq)
const prepared = (srcSeq: number): Prepared => ({ srcSeq, bytes: 1, outgoing: { subject: "ann.3.lobby", data: "" } })

/** A log with these submissions scored and ready. */
const logWith = (...sequences: ReadonlyArray<number>): PartitionLog => {
  const log = new PartitionLog(3, head)
  for (const seq of sequences) log.takeIn(submission(seq))
  log.beginPreparing(0, 100)
  log.endPreparing(sequences.map(prepared), 0)
  return log
}

describe("PartitionLog", () => {
  it("fences the first message of an append, and no other, at the head", () => {
    const { attempt, messages } = logWith(8, 9).beginAppend(2)
    expect(attempt).toEqual({ head, through: 9 })
    expect(messages[0]?.headers).toMatchObject({
      "Nats-Expected-Last-Subject-Sequence": "40",
      "Nats-Expected-Last-Subject-Sequence-Subject": "ann.3.>"
    })
    expect(messages[1]?.headers).toBeUndefined()
  })

  it("has one append on its way at a time, the next one fenced at what that one wrote", () => {
    const log = logWith(8, 9, 12)
    const { attempt } = log.beginAppend(2)
    expect(log.readySizes(0)).toEqual([])
    log.appended(attempt, 42)
    expect(log.head).toEqual({ seq: 42, through: 9 })
    expect(log.readySizes(0)).toHaveLength(1)
    expect(log.beginAppend(1).attempt).toEqual({ head: { seq: 42, through: 9 }, through: 12 })
  })

  it("goes on after an append that turned out to be stored", () => {
    const log = logWith(8, 9, 12)
    log.beginAppend(2)
    log.settled("committed", { seq: 42, through: 9 }, 0)
    expect(log.beginAppend(5).attempt.through).toBe(12)
    expect(log.appendsAlone).toBe(false)
  })

  it("retries at once, alone, and then after growing delays", () => {
    const log = logWith(8)
    log.beginAppend(1)
    log.settled("retry", head, 1_000)
    expect(log.appendsAlone).toBe(true)
    expect(log.readySizes(1_000)).toHaveLength(1)
    log.beginAppend(1)
    log.settled("retry", head, 1_000)
    expect(log.readySizes(1_000)).toEqual([])
    expect(log.readySizes(log.wakesAt(1_000) ?? 0)).toHaveLength(1)
  })

  it("keeps what could not be scored yet in its place, and what comes after it behind it", () => {
    const log = new PartitionLog(3, head)
    for (const seq of [8, 9, 10]) log.takeIn(submission(seq))
    log.beginPreparing(0, 100)
    expect(log.endPreparing([prepared(8)], 500)).toBe(9)
    log.takeIn(submission(11))
    expect(log.beginPreparing(499, 100)).toEqual([])
    expect(log.beginPreparing(500, 100).map(({ seq }) => seq)).toEqual([9, 10, 11])
  })

  it("takes no submission in twice, and none beyond its bounds", () => {
    const log = new PartitionLog(3, head)
    expect(log.takeIn(submission(7))).toBe(true)
    expect(log.isQuiet).toBe(true)
    let taken = 0
    while (log.takeIn(submission(8 + taken, 16_000))) taken++
    expect(taken).toBeLessThan(40)
    expect(log.position).toBe(7 + taken)
  })

  it("begins nothing once it is closed", () => {
    const log = logWith(8)
    log.takeIn(submission(9))
    log.close()
    expect(log.beginPreparing(0, 10)).toEqual([])
    expect(log.readySizes(0)).toEqual([])
  })
})
