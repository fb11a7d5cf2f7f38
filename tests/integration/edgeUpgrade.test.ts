import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Connection } from "#nats/NatsConnection.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"
import { type EdgeAlone, holdAllPartitions, startEdgeAlone, submissions } from "#tests/support/EdgeAlone.ts"
import { TestClient } from "#tests/support/TestClient.ts"

/** Asks for an upgrade that is refused, over a bare socket; resolves with the socket when the answer is there. */
const askInVain = async ({ host, port }: EdgeAlone, path: string, origin: string): Promise<Socket> => {
  const socket = connect({ host, port, allowHalfOpen: true })
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nOrigin: ${origin}\r\n\r\n`
  )
  const [answer] = await once(socket, "data")
  expect(String(answer)).toMatch(/^HTTP\/1\.1 40[34] /)
  return socket
}

/** Other work shares the machine. */
const LONG = { timeout: 20_000 }

describe("the door of an edge", () => {
  let broker: Broker
  let connection: Connection
  let edge: EdgeAlone
  let letGo: () => Promise<void>
  beforeAll(async () => {
    broker = await startBroker()
    letGo = await holdAllPartitions(broker)
    connection = await broker.connectAs("edge")
    edge = await startEdgeAlone({ connection })
  })
  afterAll(async () => {
    await edge.stop()
    await letGo()
    await broker.stop()
  })
  const query = { room_id: "lobby" }
  const ask = (path: string, method = "GET") => fetch(`${edge.http}${path}`, { method })

  it("is shut to pages of other origins, and open to its own and to programs", async () => {
    for (const origin of ["https://evil.example", "null", edge.http.replace("http:", "https:"), `${edge.http}1`]) {
      await expect(TestClient.connect({ chat: edge.chat, query, origin })).rejects.toThrow("HTTP 403")
    }
    for (const origin of [edge.http, edge.http.replace("127.0.0.1", "localhost")]) {
      await (await TestClient.connect({ chat: edge.chat, query, origin })).close()
    }
    await (await TestClient.connect({ chat: edge.chat, query })).close()
  })

  it("is open to the origins the operator names, and then to no others", async () => {
    const other = await startEdgeAlone({ connection, allowedOrigins: ["https://chat.example.org"] })
    await (await TestClient.connect({ chat: other.chat, query, origin: "https://chat.example.org" })).close()
    await expect(TestClient.connect({ chat: other.chat, query, origin: other.http })).rejects.toThrow("HTTP 403")
    await other.stop()
  })

  it("is nowhere but at its path, and speaks no protocol but its own", async () => {
    await expect(TestClient.connect({ chat: `${edge.chat}s`, query })).rejects.toThrow("HTTP 404")
    await expect(TestClient.connect({ chat: edge.chat, query, protocols: ["chat.v9"] })).rejects.toThrow("HTTP 400")
    const client = await TestClient.connect({ chat: edge.chat, query, protocols: ["chat.v9", "chat.plain.json"] })
    expect(client.ws.protocol).toBe("chat.plain.json")
    expect(client.ws.extensions).toBe("")
    await client.close()
  })

  it("outlives clients that break the line when they are refused", async () => {
    for (let index = 0; index < 50; index++) {
      const [path, origin] = index % 2 === 0 ? ["/wrong", edge.http] : ["/ws/chat", "https://evil.example"]
      ;(await askInVain(edge, path, origin)).resetAndDestroy()
    }
    await (await TestClient.join(edge.chat, "lobby")).close()
  })

  it("lets go of a refused client that keeps its half of the line open, and does not wait for it at its end", async () => {
    const stopping = await startEdgeAlone({ connection })
    const half = await askInVain(stopping, "/wrong", stopping.http)
    const begun = performance.now()
    await stopping.stop()
    expect(performance.now() - begun).toBeLessThan(2_000)
    half.destroy()
  })

  it.each(["0.0.0.0", "192.168.0.1", "::", "example.org"])(
    "is not opened on %s, where others could come in",
    async (host) => {
      await expect(startEdgeAlone({ connection, host })).rejects.toMatchObject({ _tag: "EdgeError", reason: "Exposed" })
    }
  )

  it("says so when its port is taken", async () => {
    await expect(startEdgeAlone({ connection, port: edge.port })).rejects.toMatchObject({
      _tag: "EdgeError",
      reason: "AddressUnusable"
    })
  })

  it("lets in no more than there is room for, in all and from one address, and the next when one has left", async () => {
    const full = await startEdgeAlone({ connection, maxConnections: 2 })
    const [first, second] = [await TestClient.join(full.chat, "a"), await TestClient.join(full.chat, "b")]
    await expect(TestClient.join(full.chat, "c")).rejects.toThrow("HTTP 503")
    await first.close()
    const third = await TestClient.join(full.chat, "c")
    await Promise.all([second.close(), third.close()])
    await full.stop()

    const crowded = await startEdgeAlone({ connection, maxConnectionsPerAddress: 1 })
    const only = await TestClient.join(crowded.chat, "a")
    await expect(TestClient.join(crowded.chat, "b")).rejects.toThrow("HTTP 429")
    await only.close()
    await crowded.stop()
  })

  it("answers machines at three pages, by GET only, and nobody elsewhere", async () => {
    expect(await (await ask("/healthz")).text()).toBe("ok\n")
    const ready = await ask("/readyz")
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false })
    const metrics = await (await ask("/metrics")).text()
    expect(metrics).toMatch(/^attune_edge_connections 0$/m)
    expect(metrics).toMatch(/attune_edge_upgrades_total\{[^}]*status="403"[^}]*\} [1-9]/)
    expect((await ask("/healthz", "POST")).status).toBe(405)
    expect((await ask("/ws/chat")).status).toBe(426)
    for (const path of ["/", "/healthz/", "/toString", "/__proto__"]) expect((await ask(path)).status).toBe(404)
    expect((await ask("/healthz?x=1", "HEAD")).status).toBe(200)
  })

  it("closes a client that says nothing, and keeps one that answers pings", async () => {
    const quick = await startEdgeAlone({ connection, heartbeat: { intervalMs: 200, graceMs: 200 } })
    const [silent, living] = [await TestClient.join(quick.chat, "a"), await TestClient.join(quick.chat, "b")]
    silent.ws.pause()
    let pings = 0
    living.ws.on("ping", () => pings++)
    await expect.poll(() => quick.sockets(), LONG).toBe(1)
    await expect.poll(() => pings, LONG).toBeGreaterThan(4)
    silent.ws.resume()
    expect(await silent.closed).toMatchObject({ code: 4001, reason: "silent" })
    expect(living.ws.readyState).toBe(living.ws.OPEN)
    await living.close()
    await quick.stop()
  })

  it("shuts within two seconds: finishes what was sent, refuses who comes, tells everybody to come back", async () => {
    const stopping = await startEdgeAlone({ connection })
    const drained = async () =>
      (await submissions(connection).catch(() => [])).filter(({ subject }) => subject.includes(".drain."))
    const [writer, reader] = [await TestClient.join(stopping.chat, "drain"), await TestClient.join(stopping.chat, "a")]
    writer.say("drain", "ana", "the first", "d")
    await expect.poll(async () => (await drained()).length, LONG).toBe(1)
    await broker.server.kill("SIGSTOP")
    for (let index = 0; index < 20; index++) writer.say("drain", "ana", `${index}`, `d${index}`)
    writer.send("{")
    await writer.error({ code: "invalid_frame" })
    const begun = performance.now()
    const stopped = stopping.stop()
    await expect(TestClient.join(stopping.chat, "late")).rejects.toThrow(/HTTP 503|ECONNREFUSED/)
    await broker.server.kill("SIGCONT")
    expect(await reader.closed).toEqual({ code: 4000, reason: "going_away" })
    await stopped
    expect(performance.now() - begun).toBeLessThan(2_500)
    expect(await drained()).toHaveLength(21)
    expect(await writer.closed).toMatchObject({ code: 4000 })
    await expect(fetch(`${stopping.http}/healthz`)).rejects.toThrow()
  })

  it("does not wait for a client that ignores the good-bye", async () => {
    const stopping = await startEdgeAlone({ connection })
    const deaf = await TestClient.join(stopping.chat, "deaf")
    deaf.ws.pause()
    const begun = performance.now()
    await stopping.stop()
    expect(performance.now() - begun).toBeLessThan(2_000)
    deaf.ws.terminate()
  })
})
