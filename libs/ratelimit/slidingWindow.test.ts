import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { AdmittedTimes } from "./slidingWindow.ts"
import { takeToken } from "./slidingWindow.ts"

const rule = fc.record({ maxEvents: fc.integer({ min: 1, max: 5 }), perSeconds: fc.integer({ min: 1, max: 3 }) })
const pauses = fc.array(fc.integer({ min: 0, max: 1_500 }), { maxLength: 60 })

describe("a sliding window", () => {
  it("never admits more than the limit in any window, whatever the pauses", () => {
    fc.assert(
      fc.property(rule, pauses, (limits, gaps) => {
        let [now, remembered]: [number, AdmittedTimes] = [0, []]
        const times: Array<number> = []
        for (const gap of gaps) {
          now += gap
          const { decision, admitted } = takeToken(remembered, now, limits)
          remembered = admitted
          if (decision._tag === "Admitted") times.push(now)
        }
        for (const start of times) {
          const inWindow = times.filter((time) => time >= start && time < start + limits.perSeconds * 1_000)
          expect(inWindow.length).toBeLessThanOrEqual(limits.maxEvents)
        }
        expect(remembered.length).toBeLessThanOrEqual(limits.maxEvents)
      })
    )
  })

  it("says exactly when the next one is admitted: not a millisecond before, and then", () => {
    fc.assert(
      fc.property(rule, pauses, (limits, gaps) => {
        let [now, remembered]: [number, AdmittedTimes] = [0, []]
        for (const gap of gaps) {
          now += gap
          const { decision, admitted } = takeToken(remembered, now, limits)
          remembered = admitted
          if (decision._tag === "Admitted") continue
          const at = now + decision.retryAfterMs
          expect(takeToken(remembered, at - 1, limits).decision._tag).toBe("Limited")
          expect(takeToken(remembered, at, limits).decision._tag).toBe("Admitted")
        }
      })
    )
  })
})
