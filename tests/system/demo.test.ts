import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { demo } from "#services/attune/demo/demo.ts"
import { type Attune, runAttune, startAttune } from "#tests/support/AttuneProcess.ts"

describe("attune demo", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attune-demo-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  describe("against the real system", () => {
    let attune: Attune
    beforeAll(async () => {
      attune = await startAttune({ env: { ATTUNE_RATE_MAX_EVENTS: "6", ATTUNE_RATE_PER_SECONDS: "1" } })
    })
    afterAll(async () => {
      await attune.end("SIGTERM")
      attune.remove()
    })

    it("gets every message to every observer once and in order, waiting for the limit where it must", async () => {
      const rows = Array.from({ length: 60 }, (_, index) => `${index}\tmessage number ${index}\tneutral`)
      const table = file("talk.tsv", `id\ttext\tlabel\n${rows.join("\n")}\n`)
      const url = attune.http.replace("http", "ws")
      const args = ["demo", table, "--users", "3", "--rooms", "2", "--rate", "200", "--url", url]
      const { code, output } = await runAttune(args)
      expect(code).toBe(0)
      expect(output).toContain("60 messages (tsv, 0 lines without one) by 3 users")
      const total = (name: string) => new RegExp(`^  ${name} +(.*)$`, "m").exec(output)?.[1]
      expect(total("acknowledged")).toBe("60")
      expect(total("annotated")).toBe("60")
      expect(total("received")).toBe("120 of 120 by the rooms' observers")
      expect([total("lost"), total("out of order"), total("duplicated")]).toEqual(["0", "0", "0"])
      expect(Number(total("rate limit")?.split(" ")[0])).toBeGreaterThan(0)
      expect(total("send to receipt")).toMatch(/^p50 \d+ ms, p99 \d+ ms$/)
    })
  })

  describe("against a server that breaks its promises", () => {
    const Sent = Schema.Struct({
      room_id: Schema.String,
      user_id: Schema.String,
      text: Schema.String,
      client_id: Schema.String
    })
    const decodeSent = Schema.decodeUnknownSync(Schema.fromJsonString(Sent))
    let server: WebSocketServer
    let url = ""
    /** How often, and under which numbers, a room is told of its n-th message. */
    let numbersOf: (count: number) => ReadonlyArray<number> = (count) => [count]

    beforeAll(async () => {
      server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
      await new Promise((resolve) => server.once("listening", resolve))
      const address = server.address()
      url = `ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
      const sockets = new Set<WebSocket>()
      let count = 0
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.on("message", (data: Buffer) => {
          count += 1
          const sent = decodeSent(data.toString())
          const scores = { sentiment: "neutral", crisis_probability: 0, created_at: "2026-11-22T12:00:00.000Z" }
          for (const seq of numbersOf(count)) {
            const frame = JSON.stringify({ ...sent, ...scores, seq })
            for (const other of sockets) other.send(frame)
          }
        })
      })
    })
    afterAll(() => new Promise((resolve) => server.close(resolve)))

    const play = () =>
      Effect.runPromise(
        Effect.result(demo({ file: file("lines.txt", "one\ntwo\nthree"), users: 1, rooms: 1, rate: 100, url }))
      )

    it("is content with one that keeps them", async () => {
      expect(await play()).toMatchObject({ _tag: "Success" })
    })

    it("fails when a message is stored twice", async () => {
      numbersOf = (count) => [count * 10, count * 10 + 1]
      expect(await play()).toMatchObject({ _tag: "Failure", failure: { _tag: "PromiseBroken" } })
    })

    it("fails when the order falls", async () => {
      numbersOf = (count) => [10_000 - count]
      expect(await play()).toMatchObject({ _tag: "Failure", failure: { _tag: "PromiseBroken" } })
    })
  })
})
