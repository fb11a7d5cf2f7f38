import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { loadMasterKey, type MasterKeySource } from "#libs/keyring/MasterKey.ts"

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "attune-master-key-"))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const logged: Array<string> = []
const recording = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
const load = (source: MasterKeySource) => Effect.runPromise(loadMasterKey(source).pipe(Effect.provide(recording)))
const refusal = (source: MasterKeySource): Promise<string> =>
  Effect.runPromise(
    loadMasterKey(source).pipe(
      Effect.map(() => "loaded"),
      Effect.catchTag("MasterKeyError", (error) => Effect.succeed(error.message))
    )
  )
const fileOf = (content: string | Uint8Array, mode = 0o600): string => {
  const file = join(dir, "operator.key")
  writeFileSync(file, content, { mode })
  chmodSync(file, mode)
  return file
}
const key = Uint8Array.from({ length: 32 }, (_, index) => 200 - index)
const base64 = Buffer.from(key).toString("base64")

describe("a master key", () => {
  beforeEach(() => {
    logged.length = 0
  })

  it("is made once in the data folder, for its owner alone, says so, and is the same ever after", async () => {
    const file = join(dir, "master.key")
    const made = await load({ makeIn: dir })
    expect(made).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(logged).toEqual([expect.stringContaining(file)])
    expect(logged.join()).not.toContain(Buffer.from(made).toString("base64"))
    expect(await load({ makeIn: dir })).toEqual(made)
    expect(logged).toHaveLength(1)
    expect(readdirSync(dir)).toEqual(["master.key"])
  })

  it("is one key when two processes make it at once", async () => {
    const [first, second] = await Promise.all([load({ makeIn: dir }), load({ makeIn: dir })])
    expect(first).toEqual(second)
  })

  it("is made although a crash left a draft behind", async () => {
    writeFileSync(join(dir, `master.key.${process.pid}.new`), "half a k")
    expect(await load({ makeIn: dir })).toHaveLength(32)
  })

  it("is read from an operator's file, as text or as the bytes themselves", async () => {
    expect(await load({ file: fileOf(`${base64}\n`) })).toEqual(key)
    expect(await load({ file: fileOf(key) })).toEqual(key)
  })

  it("is read from a value", async () => {
    expect(await load({ value: Redacted.make(base64) })).toEqual(key)
  })

  it("that every user of the machine could read is refused with what to do", async () => {
    for (const mode of [0o644, 0o604, 0o602]) {
      const file = fileOf(base64, mode)
      expect(await refusal({ file })).toContain(`chmod 600 ${file}`)
    }
  })

  it("that a group could read is taken with a warning", async () => {
    const file = fileOf(base64, 0o640)
    expect(await load({ file })).toEqual(key)
    expect(logged).toEqual([expect.stringContaining(file)])
  })

  it("that is not there or not a key is refused with what to do, and never quoted", async () => {
    expect(await refusal({ file: join(dir, "nowhere.key") })).toContain("ENOENT")
    const problem = await refusal({ file: fileOf("hunter2") })
    expect(problem).toContain("openssl rand -base64 32")
    expect(problem).not.toContain("hunter2")
    const value = await refusal({ value: Redacted.make("hunter2") })
    expect(value).toContain("openssl rand -base64 32")
    expect(value).not.toContain("hunter2")
  })

  it("cannot be made where there is no folder", async () => {
    expect(await refusal({ makeIn: join(dir, "nowhere") })).toContain("cannot be made (ENOENT)")
    expect(existsSync(join(dir, "nowhere"))).toBe(false)
  })
})
