import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { decodePlainAddress } from "./plainAddress.ts"

const decode = (query: string) => {
  const decoded = decodePlainAddress(new URLSearchParams(query))
  return Result.isFailure(decoded) ? `${decoded.failure.code}: ${decoded.failure.message}` : decoded.success
}

describe("a plain-mode address", () => {
  it("names a room, and may name a user and how much history to send", () => {
    expect(decode("room_id=lobby")).toEqual({ room: "lobby", limit: 50 })
    expect(decode("room_id=lobby&user_id=ana&limit=0")).toEqual({ room: "lobby", user: "ana", limit: 0 })
    expect(decode("room_id=lobby&limit=200&other=1")).toEqual({ room: "lobby", limit: 200 })
  })

  it.each([
    ["", "invalid_room: room_id is missing"],
    ["room_id=", "invalid_room: room_id must be 1 to 64 of the characters A-Z a-z 0-9 _ -"],
    ["room_id=a.b", "invalid_room: room_id must be 1 to 64 of the characters A-Z a-z 0-9 _ -"],
    ["room_id=lobby&user_id=", "invalid_user: user_id must not be empty"],
    ["room_id=lobby&user_id=%00", "invalid_user: user_id must not contain control characters"],
    ["room_id=lobby&limit=-1", "invalid_frame: limit must be a whole number from 0 to 200"],
    ["room_id=lobby&limit=201", "invalid_frame: limit must be a whole number from 0 to 200"],
    ["room_id=lobby&limit=many", "invalid_frame: limit must be a whole number from 0 to 200"],
    ["room_id=lobby&limit=", "invalid_frame: limit must be a whole number from 0 to 200"]
  ])("is refused with what is wrong: %j", (query, expected) => {
    expect(decode(query)).toBe(expected)
  })
})
