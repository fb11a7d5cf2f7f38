import { assert, boolean, json, property, uint8Array } from "fast-check"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { UserId } from "#libs/domain/UserId.ts"
import { decodePlainFrame, MAX_FRAME_BYTES } from "./plainFrame.ts"
import { errorText } from "./ProtocolError.ts"

const good = { room_id: "lobby", user_id: "ana", text: "hello" }
const frame = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value))
const errorOf = (data: Buffer, isBinary = false) => {
  const decoded = decodePlainFrame(data, isBinary)
  return Result.isFailure(decoded) ? `${decoded.failure.code}: ${decoded.failure.message}` : "accepted"
}

describe("a plain-mode frame", () => {
  it("names its room, its user and its text", () => {
    expect(decodePlainFrame(frame({ ...good, client_id: "c1", later: true }), false)).toEqual(
      Result.succeed({ room: "lobby", user: "ana", text: "hello", clientId: "c1" })
    )
  })

  it("may leave the user out when the address named one, and may name another", () => {
    const { user_id: _, ...anonymous } = good
    const known = UserId.make("ana")
    expect(decodePlainFrame(frame(anonymous), false, known)).toEqual(
      Result.succeed({ room: "lobby", user: "ana", text: "hello" })
    )
    expect(decodePlainFrame(frame({ ...good, user_id: "ben" }), false, known)).toEqual(
      Result.succeed({ room: "lobby", user: "ben", text: "hello" })
    )
  })

  it.each([
    ["", "invalid_frame: the frame is not JSON"],
    ["{", "invalid_frame: the frame is not JSON"],
    ["hello", "invalid_frame: the frame is not JSON"],
    ["[]", "invalid_frame: the frame must be one JSON object with room_id, user_id and text"],
    ["null", "invalid_frame: the frame must be one JSON object with room_id, user_id and text"],
    ["7", "invalid_frame: the frame must be one JSON object with room_id, user_id and text"],
    ["[".repeat(30_000), "invalid_frame: the frame is not JSON"],
    ["{}", "invalid_room: room_id is missing"],
    [{ ...good, room_id: 5 }, "invalid_room: room_id must be a string"],
    [{ ...good, room_id: null }, "invalid_room: room_id must be a string"],
    [{ ...good, room_id: "" }, "invalid_room: room_id must be 1 to 64 of the characters A-Z a-z 0-9 _ -"],
    [{ ...good, room_id: "a.b" }, "invalid_room: room_id must be 1 to 64 of the characters A-Z a-z 0-9 _ -"],
    [{ ...good, room_id: ">" }, "invalid_room: room_id must be 1 to 64 of the characters A-Z a-z 0-9 _ -"],
    [{ room_id: "lobby", text: "hello" }, "invalid_user: user_id is missing"],
    [{ ...good, user_id: ["ana"] }, "invalid_user: user_id must be a string"],
    [{ ...good, user_id: "" }, "invalid_user: user_id must not be empty"],
    [{ ...good, user_id: "a".repeat(129) }, "invalid_user: user_id must be at most 128 bytes of UTF-8"],
    [{ ...good, user_id: "ana\u0007" }, "invalid_user: user_id must not contain control characters"],
    [{ room_id: "lobby", user_id: "ana" }, "invalid_text: text is missing"],
    [{ ...good, text: { deep: [[[[]]]] } }, "invalid_text: text must be a string"],
    [{ ...good, text: " \n" }, "invalid_text: text must not be empty"],
    [{ ...good, text: "a".repeat(4_001) }, "invalid_text: text must be at most 4000 characters"],
    [{ ...good, text: "a\u0000b" }, "invalid_text: text must not contain control characters"],
    [`{"room_id":"lobby","user_id":"ana","text":"\\ud800"}`, "invalid_text: text must be well-formed Unicode"],
    [{ ...good, client_id: 1 }, "invalid_frame: client_id must be a string"],
    [{ ...good, client_id: "" }, "invalid_frame: client_id must not be empty"],
    ['{"__proto__":{"room_id":"lobby","user_id":"ana","text":"x"}}', "invalid_room: room_id is missing"],
    ['{"constructor":{},"__proto__":null,"room_id":"lobby"}', "invalid_user: user_id is missing"]
  ])("is refused with what is wrong: %j", (value, expected) => {
    expect(errorOf(frame(value))).toBe(expected)
  })

  it("is refused when binary, when not UTF-8, and when too large", () => {
    expect(errorOf(frame(good), true)).toMatch(/^unsupported: /)
    expect(errorOf(Buffer.from([0x7b, 0xff, 0x7d]))).toBe("invalid_frame: the frame is not valid UTF-8")
    expect(errorOf(Buffer.alloc(MAX_FRAME_BYTES + 1, 0x20))).toMatch(/^too_large: /)
  })

  it("is taken when the longest text is written with every character escaped", () => {
    const escaped = "\\ud83c\\udf31".repeat(4_000)
    expect(errorOf(frame(`{"room_id":"lobby","user_id":"ana","text":"${escaped}"}`))).toBe("accepted")
  })

  it("gives its own id back with the error, and nothing else of what was written", () => {
    const decoded = decodePlainFrame(frame({ ...good, room_id: "no room", text: "a secret", client_id: "c1" }), false)
    const told = Result.isFailure(decoded) ? errorText(decoded.failure) : ""
    expect(JSON.parse(told)).toMatchObject({ type: "error", code: "invalid_room", retryable: false, client_id: "c1" })
    expect(told).not.toContain("secret")
    expect(told).not.toContain("no room")
  })

  it("never throws, whatever the bytes", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), boolean(), (bytes, isBinary) => {
        decodePlainFrame(Buffer.from(bytes), isBinary)
      })
    )
    assert(
      property(json(), (value) => {
        decodePlainFrame(Buffer.from(value), false)
      })
    )
  })
})
