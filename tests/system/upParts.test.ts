import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { askApi } from "#nats/api.ts"
import { decodeStream } from "#nats/StreamConfig.ts"
import { SUB } from "#nats/Topology.ts"
import { type Attune, runAttune, startAttune } from "#tests/support/AttuneProcess.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { type Chat, startChat } from "#tests/support/ChatProcess.ts"

describe("parts as processes of their own", () => {
  const running: Array<Attune> = []
  const chats: Array<Chat> = []
  let folder = ""
  const start = async (options: Parameters<typeof startAttune>[0]): Promise<Attune> => {
    const attune = await startAttune(options)
    running.push(attune)
    return attune
  }
  const visit = async ({ http }: Attune, user: string): Promise<Chat> => {
    const chat = startChat({ url: http.replace("http", "ws"), user })
    chats.push(chat)
    await chat.notices("in lobby")
    return chat
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attune-parts-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const chat of chats.splice(0)) await chat.end("SIGKILL")
    for (const attune of running.splice(0).toReversed()) {
      await attune.end("SIGTERM")
      attune.remove()
    }
  })

  it("join a running system by its data folder alone", async () => {
    const whole = await start({})
    const edge = await start({ args: ["edge"], dataDir: whole.dataDir })
    const [ana, ben] = await Promise.all([visit(whole, "ana"), visit(edge, "ben")])
    ben.say("hello from the other edge")
    await ana.sees("· ben: hello from the other edge")
    ana.say("hello back")
    await ben.sees("· ana: hello back")
    expect(await edge.end("SIGTERM")).toEqual({ code: 0, signal: null })
  })

  it("an edge whose limit is another than the bucket's does not start", async () => {
    const whole = await start({})
    const args = ["edge", "--data-dir", whole.dataDir, "--port", "0", "--rate-max-events", "21"]
    const { code, output } = await runAttune(args)
    expect(code).toBe(1)
    expect(output).toContain("Drift")
  })

  it("leave the read model to its projector, and rebuild it when nobody works on it", async () => {
    const whole = await start({})
    const ana = await visit(whole, "ana")
    ana.say("one")
    await ana.sees("· ana: one ✓")
    const busy = await runAttune(["rebuild", "--data-dir", whole.dataDir])
    expect(busy.code).toBe(1)
    expect(busy.output).toContain("in use by another projector")
    await whole.end("SIGTERM")
    const { code, output } = await runAttune(["rebuild", "--data-dir", whole.dataDir])
    expect(output).toMatch(/Rebuilt .*history\.sqlite from 1 events/)
    expect(code).toBe(0)
  })

  describe("on a NATS of the operator's own", () => {
    let broker: Broker
    let env: Readonly<Record<string, string>> = {}
    beforeAll(async () => {
      broker = await startBroker({ sync: "always" })
      const roles = join(folder, "roles.json")
      writeFileSync(roles, JSON.stringify(broker.server.endpoint.credentials), { mode: 0o600 })
      env = { ATTUNE_NATS_URL: broker.server.url, ATTUNE_NATS_ROLES_FILE: roles }
    })
    afterAll(() => broker.stop())

    it("run with nothing embedded, each under its own role", async () => {
      const whole = await start({ env })
      expect(whole.output()).toContain(`your NATS at ${broker.server.url}`)
      const { password, user } = broker.server.endpoint.credentials.projector
      const projector = await start({
        args: ["projector", "--metrics-port", "0"],
        env: {
          ATTUNE_NATS_URL: broker.server.url,
          ATTUNE_NATS_USER: user,
          ATTUNE_NATS_PASSWORD: password,
          ATTUNE_MASTER_KEY_FILE: join(whole.dataDir, "master.key")
        }
      })
      await expect.poll(async () => (await fetch(`${projector.http}/readyz`)).status, { timeout: 15_000 }).toBe(200)
      expect(await projector.end("SIGTERM")).toEqual({ code: 0, signal: null })
    })

    it("are refused while it does not sync before it acknowledges, unless the operator accepts that", async () => {
      const weak = await startBroker({ sync: "default" })
      const roles = join(folder, "weak.json")
      writeFileSync(roles, JSON.stringify(weak.server.endpoint.credentials), { mode: 0o600 })
      const settings = { ATTUNE_NATS_URL: weak.server.url, ATTUNE_NATS_ROLES_FILE: roles }
      const refused = await runAttune(["provision"], settings)
      expect(refused.code).toBe(1)
      expect(refused.output).toContain("sync_interval")
      const accepted = await runAttune(["provision", "--durability", "weaker"], settings)
      expect(accepted.code).toBe(0)
      expect(accepted.output).toContain("acknowledged does not mean on disk here")
      await weak.stop()
    })

    it("are provisioned with a report, and drift is told by exit code 2", async () => {
      const fine = await runAttune(["provision"], env)
      expect(fine).toMatchObject({ code: 0 })
      expect(fine.output).toContain("acknowledged means on disk: yes")

      const provisioner = await broker.connectAs("provisioner")
      const ask = (endpoint: string, body?: object) =>
        Effect.runPromise(
          askApi(provisioner, { endpoint, decode: decodeStream, ...(body === undefined ? {} : { body }) })
        )
      const { raw } = await ask(`STREAM.INFO.${SUB}`)
      await ask(`STREAM.UPDATE.${SUB}`, { ...raw, max_msgs: 1_000_000 })
      const drifted = await runAttune(["provision"], env)
      expect(drifted.output).toContain("max_msgs: is 1000000, should be -1; left as it is")
      expect(drifted.code).toBe(2)
    })
  })
})
