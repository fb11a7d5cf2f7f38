import { describe, expect, it } from "vitest"
import type { ProvisionReport } from "#nats/provision.ts"
import { hasDrift, renderReport } from "./renderReport.ts"

const difference = { field: "max_age", wanted: "10 s", found: "20 s" }
const report: ProvisionReport = {
  epoch: "e1",
  streams: [
    { stream: "SUB", outcome: "created", changed: [], drifted: [] },
    { stream: "KV_RATE_message", outcome: "changed", changed: [difference], drifted: [] }
  ]
}

describe("the report of provisioning", () => {
  it("tells what was made and what was put right", () => {
    expect(renderReport(report)).toEqual([
      "  SUB                created",
      "  KV_RATE_message    changed",
      "    max_age: 20 s -> 10 s",
      "  epoch e1"
    ])
    expect(hasDrift(report)).toBe(false)
  })

  it("shows loudly what is left for a person", () => {
    const drifted = {
      ...report,
      streams: [{ stream: "ANN", outcome: "unchanged", changed: [], drifted: [difference] }]
    } as const
    expect(renderReport(drifted).join("\n")).toContain("ANN                unchanged, DRIFTED")
    expect(hasDrift(drifted)).toBe(true)
  })
})
