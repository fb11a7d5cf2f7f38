/**
 * A power cut, simulated: the store lies on a file system in a file, which is copied as the disk has it at this moment,
 * without what the system still keeps in memory. What was acknowledged must be in the copy.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Attune, startAttune } from "#tests/support/AttuneProcess.ts"
import { TestClient } from "#tests/support/TestClient.ts"

const MESSAGES = 150
const ROOM = "storm"
const folder = mkdtempSync(join(tmpdir(), "attune-power-"))
const [disk, copy] = [join(folder, "disk.img"), join(folder, "copy.img")]
const [mounted, recovered] = [join(folder, "disk"), join(folder, "copy")]

const run = (command: string, ...args: ReadonlyArray<string>) =>
  execFileSync(command, [...args], { stdio: ["ignore", "ignore", "pipe"] })

const unmount = (path: string) => {
  try {
    run("umount", "--lazy", path)
  } catch {
    // Not mounted: a test that failed earlier did not come so far.
  }
}

const mountImage = (image: string, path: string) => {
  mkdirSync(path, { recursive: true })
  run("mount", "-o", "loop", image, path)
}

/** False where this user or this machine may not mount: then there is nothing to simulate with. */
const canMount = (() => {
  try {
    run("truncate", "--size", "512M", disk)
    run("mkfs.ext4", "-q", "-F", disk)
    mountImage(disk, mounted)
    return true
  } catch {
    return false
  }
})()

describe.runIf(canMount)("a power cut right after the last acknowledgement", () => {
  let attune: Attune
  beforeAll(async () => {
    run("sync", "--file-system", mounted)
    attune = await startAttune({
      dataDir: join(mounted, "data"),
      env: { ATTUNE_RATE_MAX_EVENTS: "1000", ATTUNE_RATE_PER_SECONDS: "1" }
    })
  })
  afterAll(async () => {
    await attune.end("SIGKILL")
    unmount(mounted)
    unmount(recovered)
    rmSync(folder, { recursive: true, force: true })
  })

  it("loses no acknowledged message", async () => {
    const client = await TestClient.join(attune.chat, ROOM)
    for (let index = 0; index < MESSAGES; index++) client.say(ROOM, `user ${index % 5}`, `said ${index}`)
    await client.message(`said ${MESSAGES - 1}`)
    run("cp", "--sparse=always", disk, copy)
    const said = client.transcript.map(({ text, seq }) => ({ text, seq }))
    await attune.end("SIGKILL")
    await client.closed

    mountImage(copy, recovered)
    attune = await startAttune({ dataDir: join(recovered, "data") })
    const late = await TestClient.join(attune.chat, ROOM, { limit: "200" })
    await late.message(`said ${MESSAGES - 1}`)
    expect(said).toHaveLength(MESSAGES)
    expect(late.transcript.map(({ text, seq }) => ({ text, seq }))).toEqual(said)
    await late.close()
  })
})
