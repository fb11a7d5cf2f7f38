import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import { annotatedSubject, parseAnnotated, parseSubmission, partitionOf } from "./Subjects.ts"
import { PARTITIONS } from "./Topology.ts"

const room = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((name) => RoomId.make(name))

describe("the subject of an event", () => {
  it("tells its room and partition again", () => {
    fc.assert(
      fc.property(room, (name) => {
        expect(parseAnnotated(annotatedSubject(name))).toEqual({ room: name, partition: partitionOf(name) })
      })
    )
  })

  it("puts each room into one of the partitions, and uses them all", () => {
    const used = new Set(Array.from({ length: 1_000 }, (_, index) => partitionOf(RoomId.make(`room-${index}`))))
    expect([...used].toSorted((a, b) => a - b)).toEqual(Array.from({ length: PARTITIONS }, (_, index) => index))
  })

  it.each(["", "ann", "ann.3", "ann.3.a.b", "sub.3.a.message", "live.a", "ann.3.b c", "ann.3.*", "ann.3.$stray"])(
    "is not taken from %j",
    (subject) => expect(parseAnnotated(subject)).toBeUndefined()
  )
})

describe("the subject of a stored submission", () => {
  it("tells partition, room and kind", () => {
    expect(parseSubmission("sub.7.lobby.message")).toEqual({ partition: 7, room: "lobby", kind: "message" })
  })
  it.each(["sub.7.lobby", "sub.7.lobby.message.x", "ann.7.lobby", "sub.7.a b.message", "chat.message.lobby"])(
    "is not taken from %j",
    (subject) => expect(parseSubmission(subject)).toBeUndefined()
  )
})
