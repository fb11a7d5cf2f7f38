/** 100 rooms of 10 under a growing load, until the slowest hundredth waits longer than a quarter of a second. */
import type { Workload } from "../Workload.ts"
import { Members } from "../Members.ts"
import { DueTimes, openLoop } from "../openLoop.ts"
import { cpuSeconds, startGateway } from "../processes.ts"
import { percentile } from "../statistics.ts"

const ROOMS = 100
const MEMBERS = 10
const START_PER_SECOND = 250
const STEP_PER_SECOND = 250
const WARM_UP_SECONDS = 10
const P99_LIMIT_MS = 250
const MAX_PER_SECOND = 8_000

export const throughput: Workload = {
  name: "throughput",
  run: async ({ quick }) => {
    const server = await startGateway()
    const due = new DueTimes()
    const onReceipt = (message: number) => due.receipt(message)
    try {
      const members = await Members.join({
        port: server.port,
        rooms: ROOMS,
        membersPerRoom: MEMBERS,
        prefix: "busy",
        onReceipt
      })
      await openLoop(members, due, { perSecond: START_PER_SECOND, seconds: WARM_UP_SECONDS, settleMs: 10_000 })
      const figures: Record<string, number> = { "sustained messages/s": 0 }
      for (let perSecond = START_PER_SECOND; perSecond <= MAX_PER_SECOND; perSecond += STEP_PER_SECOND) {
        const processes = server.processes()
        const before = processes.map(({ pid }) => cpuSeconds(pid))
        const { latencies, sent, missing } = await openLoop(members, due, {
          perSecond,
          seconds: quick ? 2 : 4,
          settleMs: 20_000
        })
        const p99 = missing > 0 ? Number.POSITIVE_INFINITY : percentile(latencies, 99)
        if (p99 > P99_LIMIT_MS) {
          figures["p99 ms at the first rate beyond"] = Number.isFinite(p99) ? p99 : -1
          break
        }
        figures["sustained messages/s"] = perSecond
        figures["p50 ms there"] = percentile(latencies, 50)
        figures["p99 ms there"] = p99
        for (const [index, { name, pid }] of processes.entries()) {
          figures[`${name} CPU s per 1,000 there`] = ((cpuSeconds(pid) - (before[index] ?? 0)) / sent) * 1_000
        }
      }
      const faults = members.faults()
      members.close()
      return { figures, faults }
    } finally {
      await server.stop()
    }
  },
  ratios: [],
  goals: { "sustained messages/s": { atLeast: 2_500 } }
}
