/** 50 rooms of 20, 200 messages a second in an open loop: what people in conversation feel. */
import type { Workload } from "../Workload.ts"
import { rawJetStream } from "../floors/rawJetStream.ts"
import { Members } from "../Members.ts"
import { DueTimes, openLoop } from "../openLoop.ts"
import type { Server } from "../processes.ts"
import { cpuSeconds, startBareWs, startGateway } from "../processes.ts"
import { percentile } from "../statistics.ts"

const ROOMS = 50
const MEMBERS = 20
const PER_SECOND = 200
/** A server that has run for a while is what people talk through: its code is compiled, its caches are filled. */
const WARM_UP_SECONDS = 10

interface Measured {
  readonly figures: Record<string, number>
  readonly faults: ReadonlyArray<string>
}

const latencyFigures = (prefix: string, latencies: ReadonlyArray<number>) => ({
  [`${prefix} p50 ms`]: percentile(latencies, 50),
  [`${prefix} p90 ms`]: percentile(latencies, 90),
  [`${prefix} p99 ms`]: percentile(latencies, 99)
})

interface Durations {
  readonly seconds: number
  readonly warmUpSeconds: number
}

const measure = async (
  prefix: string,
  start: () => Promise<Server>,
  { seconds, warmUpSeconds }: Durations
): Promise<Measured> => {
  const server = await start()
  const due = new DueTimes()
  const onReceipt = (message: number) => due.receipt(message)
  try {
    const members = await Members.join({
      port: server.port,
      rooms: ROOMS,
      membersPerRoom: MEMBERS,
      prefix: "talk",
      onReceipt
    })
    await openLoop(members, due, { perSecond: PER_SECOND, seconds: warmUpSeconds, settleMs: 5_000 })
    const processes = server.processes()
    const before = processes.map(({ pid }) => cpuSeconds(pid))
    const { latencies, sent } = await openLoop(members, due, { perSecond: PER_SECOND, seconds, settleMs: 10_000 })
    const cpu = processes.map(({ name, pid }, index): readonly [string, number] => [
      `${prefix}: ${name} CPU s per 1,000`,
      ((cpuSeconds(pid) - (before[index] ?? 0)) / sent) * 1_000
    ])
    const faults = members.faults()
    members.close()
    return { figures: { ...latencyFigures(prefix, latencies), ...Object.fromEntries(cpu) }, faults }
  } finally {
    await server.stop()
  }
}

export const interactive: Workload = {
  name: "interactive",
  run: async ({ quick }) => {
    const seconds = quick ? 3 : 8
    const durations = { seconds, warmUpSeconds: quick ? 2 : WARM_UP_SECONDS }
    const raw = await rawJetStream({ perSecond: PER_SECOND, ...durations })
    const gateway = await measure("gateway", startGateway, durations)
    const bare = await measure("bare ws", startBareWs, durations)
    return {
      figures: { ...latencyFigures("raw JetStream", raw), ...gateway.figures, ...bare.figures },
      faults: [...gateway.faults, ...bare.faults]
    }
  },
  ratios: [
    { name: "p50", of: "gateway p50 ms", to: "raw JetStream p50 ms", goal: { atMost: 4 } },
    { name: "p99", of: "gateway p99 ms", to: "raw JetStream p99 ms", goal: { atMost: 4 } }
  ],
  goals: {}
}
