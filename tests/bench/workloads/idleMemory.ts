/** Four thousand sockets in four hundred rooms, nobody speaking: what one reader costs in memory. */
import { setTimeout as delay } from "node:timers/promises"
import type { Workload } from "../Workload.ts"
import { Members } from "../Members.ts"
import type { Server } from "../processes.ts"
import { residentBytes, startBareWs, startGateway } from "../processes.ts"
import { median } from "../statistics.ts"

const ROOMS = 400
const MEMBERS = 10
const SETTLE_MS = 2_000

const settledBytes = async (pid: number): Promise<number> => {
  const samples: Array<number> = []
  await delay(SETTLE_MS)
  for (let index = 0; index < 5; index++) {
    samples.push(residentBytes(pid))
    await delay(100)
  }
  return median(samples)
}

/** Bytes a socket: growth of the server process from before the first socket to all of them idle. */
const measure = async (start: () => Promise<Server>): Promise<{ bytes: number; faults: ReadonlyArray<string> }> => {
  const server = await start()
  try {
    // A first crowd comes and goes, so that one-time growth (compiled code, pools) is in neither figure.
    const first = await Members.join({ port: server.port, rooms: 40, membersPerRoom: MEMBERS, prefix: "warm" })
    first.close()
    const before = await settledBytes(server.pid)
    const members = await Members.join({ port: server.port, rooms: ROOMS, membersPerRoom: MEMBERS, prefix: "idle" })
    const after = await settledBytes(server.pid)
    const faults = members.faults()
    members.close()
    return { bytes: (after - before) / (ROOMS * MEMBERS), faults }
  } finally {
    await server.stop()
  }
}

export const idleMemory: Workload = {
  name: "idle memory",
  run: async () => {
    const bare = await measure(startBareWs)
    const gateway = await measure(startGateway)
    return {
      figures: { "gateway KiB/socket": gateway.bytes / 1_024, "bare ws KiB/socket": bare.bytes / 1_024 },
      faults: [...bare.faults, ...gateway.faults]
    }
  },
  ratios: [{ name: "memory", of: "gateway KiB/socket", to: "bare ws KiB/socket", goal: { atMost: 1.5 } }],
  goals: {}
}
