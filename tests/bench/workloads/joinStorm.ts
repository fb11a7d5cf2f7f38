/** A thousand joins at once of a room with 500 stored messages, each getting the newest 50: everybody comes back together. */
import { setTimeout as delay } from "node:timers/promises"
import type { Workload } from "../Workload.ts"
import { LeanSocket } from "../LeanSocket.ts"
import { Members } from "../Members.ts"
import { startGateway } from "../processes.ts"
import { percentile } from "../statistics.ts"

const STORED = 500
const JOINS = 1_000
const PAGE = 50
const ROOM = "storm0"

export const joinStorm: Workload = {
  name: "join storm",
  run: async () => {
    const server = await startGateway()
    try {
      const writers = await Members.join({ port: server.port, rooms: 1, membersPerRoom: 1, prefix: "storm" })
      for (let index = 0; index < STORED; index++) writers.send(0)
      while (writers.missing() > 0) await delay(5)
      const faults = [...writers.faults()]
      writers.close()
      const start = performance.now()
      const waited: Array<number> = []
      const transcripts = new Set<string>()
      const sockets = await Promise.all(
        Array.from({ length: JOINS }, () => {
          const frames: Array<string> = []
          return LeanSocket.open(server.port, `/ws/chat?room_id=${ROOM}`, {
            onText: (bytes, from, to) => {
              frames.push(bytes.toString("utf8", from, to))
              if (frames.length < PAGE) return
              waited.push(performance.now() - start)
              transcripts.add(frames.join("\n"))
            },
            onClose: (code) => faults.push(`a joining socket was closed with ${code}`)
          })
        })
      )
      const deadline = performance.now() + 60_000
      while (waited.length < JOINS && performance.now() < deadline) await delay(5)
      if (waited.length !== JOINS) faults.push(`${waited.length} full histories for ${JOINS} joins`)
      if (transcripts.size !== 1) faults.push(`${transcripts.size} different histories of one room`)
      const reported = [...faults]
      for (const socket of sockets) socket.close()
      return {
        figures: { "all joined after ms": Math.max(...waited), "join p50 ms": percentile(waited, 50) },
        faults: reported
      }
    } finally {
      await server.stop()
    }
  },
  ratios: [],
  goals: {}
}
