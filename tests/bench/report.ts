/** Turns runs into medians with their spread, and into lines a person can read. */
import type { Spread } from "./statistics.ts"
import { spread } from "./statistics.ts"
import type { RunResult, Workload } from "./Workload.ts"

interface Row {
  readonly name: string
  readonly spread: Spread
  readonly goal?: string
  readonly isMet?: boolean
}

export interface WorkloadReport {
  readonly workload: string
  readonly runs: number
  readonly figures: ReadonlyArray<Row>
  readonly ratios: ReadonlyArray<Row>
  readonly faults: ReadonlyArray<string>
}

type Goal = { readonly atMost: number } | { readonly atLeast: number }

const judged = (name: string, values: ReadonlyArray<number>, goal: Goal | undefined): Row => {
  const figures = spread(values)
  if (goal === undefined) return { name, spread: figures }
  return "atMost" in goal
    ? { name, spread: figures, goal: `at most ${goal.atMost}`, isMet: figures.median <= goal.atMost }
    : { name, spread: figures, goal: `at least ${goal.atLeast}`, isMet: figures.median >= goal.atLeast }
}

const reportOf = (workload: Workload, runs: ReadonlyArray<RunResult>): WorkloadReport => {
  const names = [...new Set(runs.flatMap(({ figures }) => Object.keys(figures)))]
  const valuesOf = (name: string) => runs.flatMap(({ figures }) => figures[name] ?? [])
  return {
    workload: workload.name,
    runs: runs.length,
    figures: names.map((name) => judged(name, valuesOf(name), workload.goals[name])),
    ratios: workload.ratios.map(({ name, of, to, goal }) =>
      // Paired: each run's own ratio, so that a slow minute of the machine counts on both sides.
      judged(
        `${name}: ${of} / ${to}`,
        runs.map(({ figures }) => (figures[of] ?? Number.NaN) / (figures[to] ?? Number.NaN)),
        goal
      )
    ),
    faults: runs.flatMap(({ faults }) => faults)
  }
}

const shown = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2))

const line = ({ name, spread: { median, min, max }, goal, isMet }: Row): string => {
  const verdict = goal === undefined ? "" : `   ${isMet ? "met" : "MISSED"} (${goal})`
  return `  ${name.padEnd(58)} ${shown(median).padStart(10)}   ${shown(min)} .. ${shown(max)}${verdict}`
}

export const printReport = (
  results: ReadonlyMap<Workload, ReadonlyArray<RunResult>>,
  print: (line: string) => void
): ReadonlyArray<WorkloadReport> =>
  [...results].map(([workload, runs]) => {
    const report = reportOf(workload, runs)
    print(`\n${report.workload} (${report.runs} runs; median, then min .. max)`)
    for (const row of [...report.figures, ...report.ratios]) print(line(row))
    print(report.faults.length === 0 ? "  every member got everything once, in one order" : "  FAULTS, see above")
    return report
  })
