import { expect, it } from "vitest"
import { monthOf } from "./monthOf.ts"

it("a month begins and ends in UTC", () => {
  expect(monthOf(Date.UTC(2026, 10, 1))).toBe("2026-11")
  expect(monthOf(Date.UTC(2026, 10, 30, 23, 59, 59, 999))).toBe("2026-11")
  expect(monthOf(Date.UTC(2026, 11, 1))).toBe("2026-12")
  expect(monthOf(Date.UTC(2027, 0, 1))).toBe("2027-01")
})
