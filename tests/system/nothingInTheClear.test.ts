import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Attune, startAttune } from "#tests/support/AttuneProcess.ts"
import { TestClient } from "#tests/support/TestClient.ts"

const TEXT = "nobody else may ever read these quince words"
const USER = "marguerite-quince"
const CLIENT_ID = "quince-client-id"

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

/** How a secret might stand in a file: as it is, in hexadecimal, in base64 at any of its three offsets. */
const formsOf = (secret: string): ReadonlyArray<Buffer> => {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString("base64")
    // Its first and last characters mix with whatever stands beside it.
    return encoded.slice(4, -4)
  })
  return [secret, Buffer.from(secret).toString("hex"), ...base64].map((form) => Buffer.from(form))
}

describe("the data folder", () => {
  let attune: Attune
  let output = ""
  beforeAll(async () => {
    attune = await startAttune({ env: { ATTUNE_LOG_LEVEL: "debug" } })
    const client = await TestClient.join(attune.chat, "garden")
    client.say("garden", USER, TEXT, CLIENT_ID)
    await client.message(TEXT)
    client.send({ room_id: "garden", user_id: USER, text: `${TEXT}\u0000`, client_id: `${CLIENT_ID}-2` })
    await client.error({ code: "invalid_text" })
    await client.close()
    const late = await TestClient.join(attune.chat, "garden")
    await late.message(TEXT)
    await late.close()
    output = attune.output()
    await attune.end("SIGTERM")
    output = attune.output()
  })
  afterAll(() => attune.remove())

  it("holds the message, or this test proves nothing", () => {
    const names = filesUnder(attune.dataDir).map((path) => path.slice(attune.dataDir.length + 1))
    expect(names.some((name) => name.endsWith(".blk"))).toBe(true)
    expect(names).toContain("history.sqlite")
    const everything = Buffer.concat(filesUnder(attune.dataDir).map((path) => readFileSync(path)))
    // The room stands in the clear, and is found in the stream and in the read model.
    expect(everything.includes("garden")).toBe(true)
  })

  it.each([
    ["text", TEXT],
    ["user id", USER],
    ["client message id", CLIENT_ID]
  ])("has the %s of no message in any file or file name", (_, secret) => {
    for (const path of filesUnder(attune.dataDir)) {
      expect(path).not.toContain(secret)
      const bytes = readFileSync(path)
      for (const form of formsOf(secret)) expect(bytes.includes(form), path).toBe(false)
    }
  })

  it("has nothing of it in what the server logged, at the finest level", () => {
    expect(output).toContain("ready")
    for (const secret of [TEXT, USER, CLIENT_ID]) expect(output).not.toContain(secret)
  })
})
