import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { settingsTable } from "#libs/config/describeSettings.ts"
import { settings } from "#libs/config/settings.ts"
import { runAttune } from "#tests/support/AttuneProcess.ts"

describe("the command", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attune-cli-"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** A start that is refused: exit code 1, and nothing but sentences. */
  const refused = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
    const { code, output } = await runAttune(args, { ATTUNE_DATA_DIR: join(folder, "data"), ATTUNE_PORT: "0", ...env })
    expect(code).toBe(1)
    expect(output).not.toMatch(/^\s+at /m)
    return output.trim().split("\n")
  }

  it("lists every setting and every command in its help", async () => {
    const { code, output } = await runAttune(["help"])
    expect(code).toBe(0)
    for (const { env, flag } of Object.values(settings)) expect(output).toContain(`${env}   --${flag}`)
    for (const command of ["up", "edge", "analyzer", "projector", "provision", "rebuild", "chat", "demo", "help"]) {
      expect(output).toMatch(new RegExp(`^  ${command} `, "m"))
    }
  })

  it("has its settings in the operators' document as they are in the code", () => {
    expect(readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8")).toContain(settingsTable())
  })

  it("names everything that is wrong with the settings at once, and no secret", async () => {
    const lines = await refused(["up", "--rate-max-events", "many"], {
      ATTUNE_PORTT: "1",
      ATTUNE_NATS_URL: "nats://user:hunter2@127.0.0.1"
    })
    expect(lines).toEqual([
      "attune: 3 settings are wrong:",
      "  ATTUNE_PORTT is not a setting; did you mean ATTUNE_PORT?",
      '  --rate-max-events: "many" is not a whole number from 1 to 10000',
      "  ATTUNE_NATS_URL: its value is not nats:// or tls:// addresses separated by commas, without user or password"
    ])
  })

  it("says in one line that the port is taken", async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve))
    const address = other.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const lines = await refused(["up"], { ATTUNE_PORT: String(port) })
    other.close()
    expect(lines.at(-1)).toContain(`cannot listen on 127.0.0.1 port ${port}`)
  })

  it.each([
    [
      "a data folder that cannot be made",
      { ATTUNE_DATA_DIR: "/dev/null/data" },
      "data folder /dev/null/data cannot be used"
    ],
    ["a nats-server that is none", { NATS_SERVER_BIN: "/bin/sh" }, "nats-server"],
    ["a key that is none", { ATTUNE_MASTER_KEY: "short" }, "master key (value)"],
    ["a broker that is not there", { ATTUNE_NATS_URL: "nats://127.0.0.1:1" }, "connect as"],
    [
      "an unreadable roles file",
      { ATTUNE_NATS_URL: "nats://127.0.0.1:1", ATTUNE_NATS_ROLES_FILE: "/none" },
      "roles file /none"
    ]
  ])("says why it does not start with %s", async (_, env, reason) => {
    const lines = await refused(["up"], env)
    expect(lines.join("\n")).toContain(reason)
  })

  it("reads no roles file that everybody may read", async () => {
    const file = join(folder, "roles.json")
    writeFileSync(file, '{"edge":{"user":"e","password":"hunter2"}}')
    chmodSync(file, 0o644)
    const lines = await refused(["up"], { ATTUNE_NATS_URL: "nats://127.0.0.1:1", ATTUNE_NATS_ROLES_FILE: file })
    expect(lines.at(-1)).toContain("chmod 600")
    expect(lines.join("\n")).not.toContain("hunter2")
  })

  it("tells a part that has no broker where to find one", async () => {
    writeFileSync(join(folder, "key"), Buffer.alloc(32, 1), { mode: 0o600 })
    const lines = await refused(["analyzer"], { ATTUNE_MASTER_KEY_FILE: join(folder, "key") })
    expect(lines).toEqual([expect.stringContaining("start `attune up` on it, or set ATTUNE_NATS_URL")])
  })

  it("makes no second master key beside the one that others use", async () => {
    const lines = await refused(["edge"], { ATTUNE_DATA_DIR: join(folder, "empty") })
    expect(lines.at(-1)).toContain("master.key")
  })

  it("fails a demo without a file, and a chat with a name that is none", async () => {
    expect(await refused(["demo", join(folder, "missing.tsv")])).toEqual([expect.stringContaining("ENOENT")])
    await refused(["chat", "--room", "not a room", "--user", "ana"])
  })
})
