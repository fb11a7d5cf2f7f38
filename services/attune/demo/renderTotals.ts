/** The result of a demo as people read it. Pure. */
import type { Totals } from "./Tally.ts"

/** The value under which `share` of the ascending `sorted` lie. */
const percentile = (sorted: ReadonlyArray<number>, share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]

const milliseconds = (value: number | undefined): string => (value === undefined ? "-" : `${value} ms`)

/** True if nothing was lost, turned round or doubled. */
export const isFlawless = ({ duplicated, lost, outOfOrder }: Totals): boolean =>
  lost === 0 && outOfOrder === 0 && duplicated === 0

export const renderTotals = (totals: Totals, seconds: number): string => {
  const refused = [...totals.refused].map(([code, count]) => `${count} ${code}`).join(", ")
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["sent", `${totals.sent} in ${seconds.toFixed(1)} s (${(totals.sent / Math.max(seconds, 0.001)).toFixed(1)}/s)`],
    ["rate limit", `${totals.waits} waits, each message then sent again under its own id`],
    ["refused", refused === "" ? "0" : refused],
    ["acknowledged", String(totals.acknowledged)],
    ["annotated", String(totals.annotated)],
    ["received", `${totals.received} of ${totals.expected} by the rooms' observers`],
    ["out of order", String(totals.outOfOrder)],
    ["lost", String(totals.lost)],
    ["duplicated", String(totals.duplicated)],
    [
      "send to receipt",
      `p50 ${milliseconds(percentile(totals.latencies, 0.5))}, p99 ${milliseconds(percentile(totals.latencies, 0.99))}`
    ]
  ]
  return rows.map(([name, value]) => `  ${name.padEnd(15)} ${value}`).join("\n")
}
