import { createServer, type Server } from "node:net"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Connection, ConnectionChange, NatsEndpoint } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

let broker: Broker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker.stop())

const open = async (endpoint: NatsEndpoint) => {
  const scope = Scope.makeUnsafe()
  const services = await Effect.runPromise(Layer.buildWithScope(NatsConnection.layer(endpoint), scope))
  const connection: Connection = Context.get(services, NatsConnection)
  return { connection, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
const refusal = (endpoint: NatsEndpoint) =>
  Effect.runPromise(Effect.scoped(Effect.flip(Layer.build(NatsConnection.layer(endpoint)))))

describe("a connection", () => {
  it("hears its answers on its role's inbox alone", async () => {
    const { connection, close } = await open(broker.endpointOf("edge"))
    const answer = await connection.raw.request("$JS.API.INFO", "", { timeout: 2_000 })
    expect(answer.subject.startsWith("_INBOX_edge.")).toBe(true)
    await close()
  })

  it("comes back by itself after the broker did, and says so", async () => {
    const { connection, close } = await open(broker.endpointOf("edge"))
    const changes: Array<ConnectionChange> = []
    const stop = connection.onChange((change) => changes.push(change))
    expect(connection.isConnected()).toBe(true)
    await broker.kill()
    await expect.poll(() => connection.isConnected()).toBe(false)
    await broker.restart()
    await expect.poll(() => connection.isConnected(), { timeout: 10_000 }).toBe(true)
    expect(changes[0]).toBe("disconnected")
    expect(changes.at(-1)).toBe("reconnected")
    await connection.raw.flush()
    stop()
    const heard = changes.length
    await close()
    expect(connection.isConnected()).toBe(false)
    expect(changes.length).toBe(heard)
  })

  it("sends what was given to it before it closes", async () => {
    const listener = await broker.connectAs("projector")
    let heard = 0
    listener.raw.subscribe("history.drain", {
      callback: () => {
        heard++
      }
    })
    await listener.raw.flush()
    const { connection, close } = await open(broker.endpointOf("edge"))
    for (let n = 0; n < 500; n++) connection.raw.publish("history.drain", "x")
    await close()
    await expect.poll(() => heard).toBe(500)
  })

  it.each<["is gone" | "hangs"]>([["is gone"], ["hangs"]])("closes soon although the broker %s", async (how) => {
    const { connection, close } = await open(broker.endpointOf("edge"))
    if (how === "hangs") {
      await broker.hang()
    } else {
      await broker.kill()
      await expect.poll(() => connection.isConnected()).toBe(false)
    }
    const began = performance.now()
    await close()
    const took = performance.now() - began
    if (how === "hangs") await broker.wake()
    else await broker.restart()
    expect(took).toBeLessThan(4_000)
    expect(connection.raw.isClosed()).toBe(true)
  })
})

describe("a connection is refused", () => {
  let old: Server | undefined
  afterEach(() => {
    old?.close()
    old = undefined
  })
  /** A server that greets and answers as far as a client looks before it knows the version. */
  const startServerOf = async (version: string): Promise<NatsEndpoint> => {
    const info = { server_id: "old", version, headers: true, max_payload: 1_048_576, proto: 1 }
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy())
      socket.write(`INFO ${JSON.stringify(info)}\r\n`)
      socket.on("data", (data) => {
        if (data.includes("PING")) socket.write("PONG\r\n")
      })
    })
    old = server
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    return { servers: [`127.0.0.1:${port}`], role: "edge" }
  }

  it.each(["2.9.10", "2.15.0", "2.15.1-RC.2"])("by a server of version %s", async (version) => {
    const error = await refusal(await startServerOf(version))
    expect(error).toMatchObject({ reason: "TooOld", retryable: false })
    expect(error.message).toContain("older than 2.15.1")
  })

  it("with wrong credentials or none, without naming them", async () => {
    const { user: _u, password: _p, ...anonymous } = broker.endpointOf("edge")
    for (const endpoint of [{ ...broker.endpointOf("edge"), password: "wrong-secret" }, anonymous]) {
      const error = await refusal(endpoint)
      expect(error).toMatchObject({ reason: "Forbidden", retryable: false })
      expect(error.message).not.toContain("wrong-secret")
    }
  })

  it("where nobody listens, as a failure that may pass", async () => {
    const { servers: _, ...rest } = broker.endpointOf("edge")
    expect(await refusal({ ...rest, servers: ["127.0.0.1:1"] })).toMatchObject({
      reason: "Unavailable",
      retryable: true
    })
  })
})
