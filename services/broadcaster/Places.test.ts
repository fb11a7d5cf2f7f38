import { describe, expect, it } from "vitest"
import { Places } from "./Places.ts"

describe("Places", () => {
  const [reader, other] = [{}, {}]
  const [a, b] = [{ room: "a" }, { room: "b" }]

  it("remembers every place of a reader once, and nothing after it is taken", () => {
    const places = new Places<object, object>()
    for (const place of [a, a, b, a]) places.add(reader, place)
    places.add(other, a)
    expect([...places.take(reader)]).toEqual([a, b])
    expect([...places.take(reader)]).toEqual([])
    expect([...places.take(other)]).toEqual([a])
  })

  it("holds nothing of a reader that left all its places", () => {
    const places = new Places<object, object>()
    places.add(reader, a)
    places.add(reader, b)
    places.delete(reader, a)
    places.delete(reader, b)
    places.add(other, a)
    places.delete(other, b)
    expect(places.size).toBe(1)
    places.delete(other, a)
    expect(places.size).toBe(0)
  })
})
