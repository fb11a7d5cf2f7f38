import { describe, expect, it } from "vitest"
import { closeCodes, mayComeBack } from "./closeCodes.ts"

describe("close codes", () => {
  it("stand each once in the table, within what a close frame can carry", () => {
    const rows = Object.values(closeCodes)
    expect(new Set(rows.map((row) => row.code)).size).toBe(rows.length)
    for (const row of rows) {
      expect(row.code).toBeGreaterThanOrEqual(4000)
      expect(row.code).toBeLessThanOrEqual(4999)
      expect(Buffer.byteLength(row.reason)).toBeLessThanOrEqual(123)
    }
  })

  it("tell by their range whether to come back", () => {
    for (const row of Object.values(closeCodes)) expect(mayComeBack(row.code)).toBe(true)
    expect(mayComeBack(1006)).toBe(true)
    expect(mayComeBack(4499)).toBe(true)
    expect(mayComeBack(4500)).toBe(false)
    expect(mayComeBack(4999)).toBe(false)
  })
})
