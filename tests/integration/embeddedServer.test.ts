import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { afterAll, describe, expect, it } from "vitest"
import { DataDir } from "#libs/datadir/DataDir.ts"
import { brokerFolder, prepareBrokerFolder } from "#nats/server/brokerFolder.ts"
import { brokerRestarts, EmbeddedServer, embeddedServerDefaults } from "#nats/server/EmbeddedServer.ts"
import { connectTo } from "#tests/support/connectTo.ts"
import { natsServerBinary } from "#tests/support/NatsServer.ts"

const root = mkdtempSync(join(tmpdir(), "attune-embedded-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const watchdog = fileURLToPath(new URL("../../nats/server/watchdog.sh", import.meta.url))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const gone = (pid: number) => expect.poll(() => isAlive(pid), { timeout: 10_000, interval: 20 }).toBe(false)

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port })
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })

/** The embedded server in this process, quiet, on a folder of its own. */
const embedded = async (dir: string) => {
  const binary = await natsServerBinary()
  const runtime = ManagedRuntime.make(
    EmbeddedServer.layer({ ...embeddedServerDefaults, binary }).pipe(
      Layer.provide(DataDir.layer(dir, "test")),
      Layer.provideMerge(Logger.layer([]))
    )
  )
  const { endpoint, pid } = await runtime.runPromise(EmbeddedServer)
  const [server = ""] = endpoint.servers
  return {
    endpoint,
    port: Number(new URL(server).port),
    pid: () => Option.getOrUndefined(Effect.runSync(pid)),
    restarts: async () => (await runtime.runPromise(Metric.value(brokerRestarts))).count,
    stop: () => runtime.dispose()
  }
}

const Held = Schema.fromJsonString(Schema.Struct({ broker: Schema.Int, port: Schema.Int }))
const decodeHeld = Schema.decodeUnknownSync(Held)

/** The embedded server in a process of its own, as the leader of a process group as a shell would start it. */
const holder = async (dir: string) => {
  const script = fileURLToPath(new URL("../support/brokerHolder.ts", import.meta.url))
  const child = spawn(process.execPath, [script, await natsServerBinary(), dir], {
    detached: true,
    // The holder ends when this pipe does, so that a failing test leaves nothing behind.
    stdio: ["pipe", "pipe", "inherit"]
  })
  const lines = createInterface(child.stdout)
  for await (const line of lines) if (line.startsWith("{")) return { child, ...decodeHeld(line) }
  throw new Error("the holder ended without a broker")
}

const Jsz = Schema.fromJsonString(
  Schema.Struct({ data: Schema.Struct({ config: Schema.Struct({ sync_always: Schema.Boolean }) }) })
)
const decodeJsz = Schema.decodeUnknownSync(Jsz)

describe("the embedded broker", () => {
  it("syncs before it acknowledges, by its own report", async () => {
    const broker = await embedded(join(root, "sync"))
    const connection = await connectTo(broker.endpoint, "system")
    const reply = await connection.request("$SYS.REQ.SERVER.PING.JSZ", JSON.stringify({ config: true }))
    expect(decodeJsz(reply.string()).data.config.sync_always).toBe(true)
    await connection.close()
    await broker.stop()
  })

  it("comes back by itself on the same port after kill -9, so that clients reconnect, and counts it", async () => {
    const broker = await embedded(join(root, "crash"))
    const connection = await connectTo(broker.endpoint, "edge")
    const before = await broker.restarts()
    for (const _ of [1, 2]) {
      const killed = broker.pid() ?? 0
      process.kill(killed, "SIGKILL")
      await expect.poll(() => broker.pid() ?? killed, { timeout: 10_000 }).not.toBe(killed)
      await expect
        .poll(
          () =>
            connection.flush().then(
              () => "back",
              () => "away"
            ),
          { timeout: 10_000 }
        )
        .toBe("back")
    }
    expect(await answers(broker.port)).toBe(true)
    expect((await broker.restarts()) - before).toBe(2)
    await connection.close()
    await broker.stop()
  })

  it("is gone when its scope is closed, and the same credentials open the next one", async () => {
    const dir = join(root, "again")
    const first = await embedded(dir)
    const pid = first.pid() ?? 0
    await first.stop()
    expect(isAlive(pid)).toBe(false)
    const second = await embedded(dir)
    expect(second.endpoint.credentials).toEqual(first.endpoint.credentials)
    await (await connectTo(second.endpoint, "edge")).close()
    await second.stop()
  })

  it("keeps passwords to the owner's files, mode 0600, and lets nobody in without one", async () => {
    const dir = join(root, "secret")
    const broker = await embedded(dir)
    const { configFile, credentialsFile } = brokerFolder(dir)
    for (const file of [configFile, credentialsFile]) expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(configFile, "utf8")).toContain(broker.endpoint.credentials.edge.password)
    const { servers } = broker.endpoint
    await expect(connectTo({ servers }, "edge")).rejects.toThrow(/authorization/i)
    await broker.stop()
  })

  it("does not outlive its parent that is killed with -9", async () => {
    const { broker, child, port } = await holder(join(root, "orphan"))
    expect(await answers(port)).toBe(true)
    child.kill("SIGKILL")
    await gone(broker)
    expect(await answers(port)).toBe(false)
  })

  it("does not get the terminal's Ctrl-C, which is for its parent", async () => {
    const { broker, child, port } = await holder(join(root, "interrupt"))
    const interrupted = once(child.stdout, "data")
    process.kill(-(child.pid ?? 0), "SIGINT")
    await interrupted
    // A broker that got the signal, too, stops within a few of these.
    for (let turn = 0; turn < 100; turn++) expect(await answers(port)).toBe(true)
    expect(isAlive(broker)).toBe(true)
    child.kill("SIGKILL")
    await gone(broker)
  })

  it("ends a broker that an earlier run left on the folder, before it starts its own", async () => {
    const dir = join(root, "leftover")
    const folder = brokerFolder(dir)
    await Effect.runPromise(prepareBrokerFolder(folder, { ...embeddedServerDefaults, sync: "always" }))
    const command = [await natsServerBinary(), "-c", folder.configFile, "-p", "-1"]
    const left = spawn("/bin/sh", [watchdog, "1", ...command], { stdio: ["pipe", "ignore", "ignore"] })
    await expect.poll(() => Exit.isSuccess(Effect.runSyncExit(Effect.try(() => statSync(folder.pidFile))))).toBe(true)
    const ended = once(left, "exit")
    const broker = await embedded(dir)
    await ended
    expect(await answers(broker.port)).toBe(true)
    await broker.stop()
  })
})
