/**
 * `npm run bench [-- --runs 5 --only interactive,fan-out --quick --json FILE]`
 *
 * Measures the gateway and its floors in turn on this machine, prints medians with their spread and the ratios the
 * project has set itself, and fails if any member of any room got anything but every message once, in one order.
 * Speed itself never fails the command: it is reported, not asserted.
 */
import { writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { printReport } from "./report.ts"
import type { RunResult, Workload } from "./Workload.ts"
import { fanOut } from "./workloads/fanOut.ts"
import { idleMemory } from "./workloads/idleMemory.ts"
import { interactive } from "./workloads/interactive.ts"
import { joinStorm } from "./workloads/joinStorm.ts"
import { projection } from "./workloads/projection.ts"
import { throughput } from "./workloads/throughput.ts"

const WORKLOADS: ReadonlyArray<Workload> = [interactive, throughput, fanOut, joinStorm, idleMemory, projection]

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "string" }
  }
})
const wanted = values.only?.split(",")
const chosen = WORKLOADS.filter(({ name }) => wanted === undefined || wanted.includes(name))
if (chosen.length === 0) {
  process.stderr.write(`No such workload. There are: ${WORKLOADS.map(({ name }) => name).join(", ")}\n`)
  process.exit(1)
}

const results = new Map<Workload, Array<RunResult>>()
for (let run = 1; run <= Number(values.runs); run++) {
  for (const workload of chosen) {
    process.stderr.write(`run ${run} of ${values.runs}: ${workload.name}\n`)
    const result = await workload.run({ quick: values.quick })
    results.set(workload, [...(results.get(workload) ?? []), result])
    for (const fault of result.faults) process.stderr.write(`  FAULT ${fault}\n`)
  }
}

const report = printReport(results, (line) => process.stdout.write(`${line}\n`))
if (values.json !== undefined) {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version }
  writeFileSync(values.json, JSON.stringify({ at: new Date().toISOString(), machine, workloads: report }, null, 2))
}
process.exit([...results.values()].flat().some(({ faults }) => faults.length > 0) ? 1 : 0)
