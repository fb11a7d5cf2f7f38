import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readRolesFile } from "#services/attune/broker/rolesFile.ts"

describe("a roles file", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attune-roles-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = (content: string, mode = 0o600): string => {
    const path = join(folder, `${mode}-${content.length}.json`)
    writeFileSync(path, content, { mode })
    return path
  }
  const refusal = (path: string) => Effect.runPromise(Effect.flip(readRolesFile(path))).then(({ message }) => message)

  it("gives each role it names its own credentials, of any kind", async () => {
    const roles = {
      edge: { user: "e", password: "p" },
      analyzer: { token: "t" },
      projector: { credentials_file: "/creds" }
    }
    expect(await Effect.runPromise(readRolesFile(file(JSON.stringify(roles))))).toEqual(roles)
  })

  it("is refused in another form, without a word of what is in it", async () => {
    const message = await refusal(file('{"edge":{"user":"e","pass":"hunter2"}}'))
    expect(message).toContain("it must hold")
    expect(message).not.toContain("hunter2")
    expect(await refusal(file("hunter2"))).not.toContain("hunter2")
  })

  it("is refused when everybody may read it, or when it is not there", async () => {
    expect(await refusal(file("{}", 0o644))).toContain("chmod 600")
    expect(await refusal(join(folder, "none"))).toContain("ENOENT")
  })
})
