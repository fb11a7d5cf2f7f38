/** A line to a server that a test can cut: what is under way is lost, and nobody gets through until it is mended. */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

export interface Cable {
  /** Where to connect to instead. */
  readonly url: string
  readonly cut: () => void
  readonly mend: () => void
  readonly stop: () => Promise<void>
}

/** `target` is a server's `nats://host:port`. */
export const startCable = async (target: string): Promise<Cable> => {
  const { hostname, port } = new URL(target)
  const ends = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    if (!whole) return near.destroy()
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      ends.add(from)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        ends.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
    return undefined
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const cut = () => {
    whole = false
    for (const end of ends) end.destroy()
  }
  return {
    url: `nats://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    cut,
    mend: () => {
      whole = true
    },
    stop: async () => {
      cut()
      server.close()
      await once(server, "close")
    }
  }
}
