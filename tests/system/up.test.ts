import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Attune, runAttune, startAttune } from "#tests/support/AttuneProcess.ts"
import { type Chat, startChat } from "#tests/support/ChatProcess.ts"

describe("attune up", () => {
  let attune: Attune
  const chats: Array<Chat> = []
  const url = () => attune.http.replace("http", "ws")
  const visit = async (user: string, room: string): Promise<Chat> => {
    const chat = startChat({ url: url(), user, room })
    chats.push(chat)
    await chat.notices(`in ${room}`)
    return chat
  }
  beforeAll(async () => {
    attune = await startAttune()
  })
  afterAll(async () => {
    for (const chat of chats) await chat.end("SIGKILL")
    await attune.end("SIGTERM")
    attune.remove()
  })

  it("says where it listens, what to try next and how to stop, and is ready then", async () => {
    expect((await fetch(`${attune.http}/readyz`)).status).toBe(200)
    const output = attune.output()
    for (const part of ["Attune is ready", `npm run chat -- --room lobby --user ana --url ${url()}`, "Ctrl-C"]) {
      expect(output).toContain(part)
    }
    expect(output).toContain("made a master key")
  })

  it("carries what one person writes to the other, with how it sounds", async () => {
    const [ana, ben] = await Promise.all([visit("ana", "lobby"), visit("ben", "lobby")])
    ana.say("what a wonderful, happy day")
    await ana.sees("+ ana: what a wonderful, happy day ✓")
    await ben.sees("+ ana: what a wonderful, happy day")
    ben.say("I hate this awful rain")
    await ana.sees("- ben: I hate this awful rain")
  })

  it("flags what may be a call for help, for everybody in the room", async () => {
    const ana = await visit("ana", "night")
    ana.say("I want to kill myself")
    await expect.poll(() => ana.lines().join("\n"), { timeout: 15_000 }).toMatch(/\[may need support: \d+ %\]/)
  })

  it("lets a client that reads from a pipe send everything and leave", async () => {
    const eva = await visit("eva", "pipe")
    eva.say("one")
    eva.say("")
    eva.say("two")
    expect(await eva.leave()).toBe(0)
    expect(eva.lines()).toEqual(["· eva: one ✓", "· eva: two ✓"])
  })

  it("tells a client why a line was not taken, and in its exit code too", async () => {
    const eva = await visit("eva", "long")
    eva.say("x".repeat(4_001))
    expect(await eva.leave()).toBe(1)
    expect(eva.notes()).toContain("invalid_text")
  })

  it("lets a client wait for the rate limit and then go on in order", async () => {
    const fay = await visit("fay", "fast")
    const said = Array.from({ length: 22 }, (_, index) => `line ${index + 1}`)
    for (const line of said) fay.say(line)
    expect(await fay.leave()).toBe(0)
    expect(fay.notes()).toContain("rate_limited")
    expect(fay.lines()).toEqual(said.map((line) => `· fay: ${line} ✓`))
  })

  it("shows no metric that the operators' document does not explain", async () => {
    const metrics = await (await fetch(`${attune.http}/metrics`)).text()
    const names = [...metrics.matchAll(/^# TYPE (\S+)/gm)].flatMap(([, name = ""]) => name)
    expect(names.length).toBeGreaterThan(20)
    const document = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8")
    expect(names.filter((name) => !document.includes(`\`${name}\``))).toEqual([])
  })

  it("refuses a second start on the same folder and names who holds it", async () => {
    const second = await runAttune(["up", "--data-dir", attune.dataDir, "--port", "0"])
    expect(second.code).toBe(1)
    expect(second.output.trim().split("\n")).toHaveLength(1)
    expect(second.output).toContain(`attune up (process ${attune.pid}`)
    expect((await fetch(`${attune.http}/readyz`)).status).toBe(200)
  })
})
