/** One room of a thousand: how many deliveries a second leave the server when senders keep a few messages in flight. */
import { setTimeout as delay } from "node:timers/promises"
import type { Workload } from "../Workload.ts"
import { Members } from "../Members.ts"
import type { Server } from "../processes.ts"
import { startBareWs, startGateway } from "../processes.ts"

const MEMBERS = 1_000
const IN_FLIGHT = 16
const WARM_UP = 50

interface Measured {
  readonly perSecond: number
  readonly faults: ReadonlyArray<string>
}

/** Sends `messages` with at most `IN_FLIGHT` not yet received by everybody; resolves to seconds taken. */
const play = async (members: Members, messages: number): Promise<number> => {
  const start = performance.now()
  const deadline = start + 120_000
  let sent = 0
  while ((sent < messages || members.missing() > 0) && performance.now() < deadline) {
    while (sent < messages && members.missing() < IN_FLIGHT * MEMBERS) {
      members.send(0)
      sent++
    }
    await delay(0)
  }
  return (performance.now() - start) / 1_000
}

const measure = async (start: () => Promise<Server>, messages: number): Promise<Measured> => {
  const server = await start()
  try {
    const members = await Members.join({ port: server.port, rooms: 1, membersPerRoom: MEMBERS, prefix: "crowd" })
    await play(members, WARM_UP)
    const seconds = await play(members, messages)
    const faults = members.faults()
    members.close()
    return { perSecond: (messages * MEMBERS) / seconds, faults }
  } finally {
    await server.stop()
  }
}

export const fanOut: Workload = {
  name: "fan-out",
  run: async ({ quick }) => {
    const messages = quick ? 200 : 800
    const bare = await measure(startBareWs, messages)
    const gateway = await measure(startGateway, messages)
    return {
      figures: { "gateway deliveries/s": gateway.perSecond, "bare ws deliveries/s": bare.perSecond },
      faults: [...bare.faults, ...gateway.faults]
    }
  },
  ratios: [{ name: "deliveries", of: "gateway deliveries/s", to: "bare ws deliveries/s", goal: { atLeast: 0.6 } }],
  goals: {}
}
