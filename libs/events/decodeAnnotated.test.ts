import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { parkedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { decodeAnnotated } from "./decodeAnnotated.ts"
import { Header } from "./Envelope.ts"

const parked = parkedSubmission({ room: "lobby", reason: "seal_broken", srcSeq: 8, subThrough: 7 })
const withHeader = (name: string, value: string) =>
  storedAs({ ...parked, headers: { ...parked.headers, [name]: value } }, 3)
const reasonOf = (message: Parameters<typeof decodeAnnotated>[0]): string =>
  Result.match(decodeAnnotated(message), { onFailure: ({ reason }) => reason, onSuccess: () => "decoded" })

describe("an event of the annotated stream", () => {
  it("tells what it answers and how far its partition is answered", () => {
    expect(Result.getOrThrow(decodeAnnotated(storedAs(parked, 3, 77)))).toMatchObject({
      seq: 3,
      storedAt: 77,
      room: "lobby",
      srcSeq: 8,
      subThrough: 7
    })
  })

  it.each([
    [Header.srcSeq, ""],
    [Header.subThrough, ""],
    [Header.srcSeq, "08"],
    [Header.subThrough, "9007199254740993"],
    [Header.eventId, "x"]
  ])("is not read with %s %j", (name, value) => {
    expect(reasonOf(withHeader(name, value))).toBe("envelope_undecodable")
  })

  it("is not read under a subject that is no room's", () => {
    expect(reasonOf({ ...storedAs(parked, 3), subject: "live.lobby" })).toBe("envelope_undecodable")
  })

  it("of a type, version or form this build does not know is named so", () => {
    expect(reasonOf(withHeader(Header.type, "MessageSubmitted"))).toBe("type_unknown")
    expect(reasonOf(withHeader(Header.version, "2"))).toBe("version_unknown")
    expect(reasonOf({ ...storedAs(parked, 3), data: Buffer.from(`{"reason":"new","created_at":1}`) })).toBe(
      "payload_undecodable"
    )
  })
})
