import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { durabilityFromMonitoring, durabilityFromSystem } from "#nats/readDurability.ts"
import { natsServerBinary } from "#tests/support/NatsServer.ts"
import { startBrokerProcess } from "#nats/server/BrokerProcess.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

const monitored = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ monitoring: Schema.Array(Schema.String) }))
)

const verdictOverSystem = async (broker: Broker, role: "system" | "edge" = "system") =>
  Effect.runPromise(durabilityFromSystem(await broker.connectAs(role)))

describe("over the system account", () => {
  it("sees that a server syncs always", async () => {
    const broker = await startBroker({ sync: "always" })
    try {
      expect(await verdictOverSystem(broker)).toEqual({ _tag: "always" })
    } finally {
      await broker.stop()
    }
  })

  it("sees the interval of a server that does not, and cannot say without the rights", async () => {
    const broker = await startBroker({ sync: "default" })
    try {
      expect(await verdictOverSystem(broker)).toEqual({ _tag: "interval", milliseconds: 120_000 })
      expect(await verdictOverSystem(broker, "edge")).toMatchObject({ _tag: "unverified" })
      const system = await broker.connectAs("system")
      await broker.kill()
      expect(await Effect.runPromise(durabilityFromSystem(system))).toMatchObject({ _tag: "unverified" })
    } finally {
      await broker.stop()
    }
  })
})

describe("over a monitoring address", () => {
  const dir = mkdtempSync(join(tmpdir(), "attune-monitoring-"))
  const portsDir = join(dir, "ports")
  const scope = Scope.makeUnsafe()
  let url = ""
  beforeAll(async () => {
    const configFile = join(dir, "server.conf")
    const lines = ["host: 127.0.0.1", "http: 127.0.0.1:-1", `ports_file_dir: "${portsDir}"`]
    writeFileSync(configFile, [...lines, `jetstream { store_dir: "${join(dir, "store")}" }`].join("\n"))
    const binary = await natsServerBinary()
    await Effect.runPromise(
      startBrokerProcess({ binary, configFile, portsDir, port: 0, readyWithin: "20 seconds" }).pipe(
        Scope.provide(scope)
      )
    )
    const [file = ""] = readdirSync(portsDir)
    url = monitored(readFileSync(join(portsDir, file), "utf8")).monitoring[0] ?? ""
  })
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    rmSync(dir, { recursive: true, force: true })
  })

  it("sees the interval", async () => {
    const verdict = await Effect.runPromise(durabilityFromMonitoring([url]))
    expect(verdict).toEqual({ _tag: "interval", milliseconds: 120_000 })
  })

  it("cannot say when one address is silent or answers something else", async () => {
    const closed = createServer()
    const port = await new Promise<number>((resolve) => {
      closed.listen(0, "127.0.0.1", () => {
        const address = closed.address()
        resolve(address !== null && typeof address === "object" ? address.port : 0)
      })
    })
    await new Promise((resolve) => closed.close(resolve))
    for (const other of [`http://127.0.0.1:${port}`, "not an address"]) {
      const verdict = await Effect.runPromise(durabilityFromMonitoring([url, other]))
      expect(verdict).toMatchObject({ _tag: "unverified" })
    }
    expect(await Effect.runPromise(durabilityFromMonitoring([]))).toMatchObject({ _tag: "unverified" })
  })
})
