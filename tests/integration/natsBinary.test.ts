import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import type { LocateStep } from "#nats/binary/LocateStep.ts"
import { type LocateEnvironment, locateNatsServer } from "#nats/binary/locateNatsServer.ts"
import type { ReleaseArchive } from "#nats/binary/releases.ts"

const root = mkdtempSync(join(tmpdir(), "attune-binary-"))
let machine: string
let number = 0
const servers: Array<Server> = []

const script = (file: string, body: string): string => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}
const fakeServer = (file: string, version: string) => script(file, `echo "nats-server: v${version}"`)

/** A machine with nothing on it: every step has something to complain about. */
const environment = (changes: Partial<LocateEnvironment> = {}): LocateEnvironment => ({
  operatorPath: Option.none(),
  path: join(machine, "bin"),
  cacheDir: join(machine, "cache"),
  platform: "linux-x64",
  release: Option.none(),
  etcDir: join(machine, "etc"),
  progress: () => Effect.void,
  ...changes
})
const cached = () => join(machine, "cache", "attune", "nats-server-2.15.1-linux-x64")
const locate = (changes: Partial<LocateEnvironment> = {}) => Effect.runPromise(locateNatsServer(environment(changes)))
const failure = (changes: Partial<LocateEnvironment> = {}) =>
  Effect.runPromise(Effect.flip(locateNatsServer(environment(changes))))
const reasonOf = async (step: LocateStep, changes: Partial<LocateEnvironment> = {}) =>
  (await failure(changes)).attempts.find((attempt) => attempt.step === step)?.reason

/** Serves a release archive with a fake binary in it; answers what describes it. */
const serveRelease = async (sha256?: string): Promise<ReleaseArchive> => {
  fakeServer(join(machine, "made", "release", "nats-server"), "2.15.1")
  const archive = join(machine, "archive.tar.gz")
  spawnSync("tar", ["-czf", archive, "-C", join(machine, "made"), "release/nats-server"])
  const bytes = readFileSync(archive)
  const server = createServer((_, response) => response.end(bytes))
  servers.push(server)
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    })
  )
  const sum = sha256 ?? createHash("sha256").update(bytes).digest("hex")
  return { url: `http://127.0.0.1:${port}/archive`, member: "release/nats-server", sha256: Option.some(sum) }
}
/** The download step unpacks with the machine's own tar. */
const withTar = () => `${join(machine, "bin")}:/usr/bin:/bin`

/** apt of a Debian machine whose mirror offers these candidates, newest suite first; it logs the suites it is asked for. */
const fakeApt = (candidates: Readonly<Record<string, string>>) => {
  mkdirSync(join(machine, "etc/apt/sources.list.d"), { recursive: true })
  writeFileSync(join(machine, "etc/os-release"), 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian"\n')
  writeFileSync(
    join(machine, "etc/apt/sources.list.d/debian.sources"),
    "Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
  )
  const suite = "suite=$(/usr/bin/cut -d' ' -f3 suite.list); "
  const cases = Object.entries(candidates).map(([name, version]) => `${name}) echo "Candidate: ${version}";;`)
  script(
    join(machine, "bin/apt-get"),
    `${suite} case "$*" in *update) echo "$suite" >> ${machine}/asked;; *download*) : > nats.deb;; esac`
  )
  script(
    join(machine, "bin/apt-cache"),
    `${suite} case "$suite" in ${cases.join(" ")} *) echo "Candidate: (none)";; esac`
  )
  const unpacked = fakeServer(join(machine, "made/nats-server"), "2.15.1")
  script(join(machine, "bin/dpkg-deb"), `/bin/mkdir -p "$3/usr/sbin" && /bin/cp ${unpacked} "$3/usr/sbin/nats-server"`)
}
const suitesAsked = () => readFileSync(join(machine, "asked"), "utf8").trim().split("\n")

beforeEach(() => {
  machine = join(root, String(number++))
  mkdirSync(join(machine, "bin"), { recursive: true })
})
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(root, { recursive: true, force: true })
})

describe("the operator's path", () => {
  it("wins over everything else", async () => {
    fakeServer(join(machine, "bin/nats-server"), "2.16.0")
    const own = fakeServer(join(machine, "own/nats-server"), "2.15.1")
    expect(await locate({ operatorPath: Option.some(own) })).toBe(own)
  })

  it("is an error when it is too old, although PATH has a good one", async () => {
    fakeServer(join(machine, "bin/nats-server"), "2.16.0")
    const old = fakeServer(join(machine, "own/nats-server"), "2.15.0")
    const error = await failure({ operatorPath: Option.some(old) })
    expect(error.attempts.map(({ step }) => step)).toEqual(["NATS_SERVER_BIN"])
    expect(error.message).toContain(`${old} is 2.15.0, older than 2.15.1`)
    expect(error.retryable).toBe(false)
  })

  it("is an error when nothing is there, and when it is something else", async () => {
    expect((await failure({ operatorPath: Option.some("/nowhere/nats-server") })).message).toContain("no such program")
    const other = script(join(machine, "own/other"), "echo hello")
    expect((await failure({ operatorPath: Option.some(other) })).message).toContain("it is no nats-server")
  })
})

describe("PATH and cache", () => {
  it("gives the first binary on PATH that is new enough", async () => {
    fakeServer(join(machine, "bin/nats-server"), "2.10.22")
    const second = fakeServer(join(machine, "later/nats-server"), "2.15.1")
    expect(await locate({ path: `${machine}/bin:relative:${machine}/later` })).toBe(second)
  })

  it("passes an old one on PATH over for the cached one, and says why when there is none", async () => {
    const old = fakeServer(join(machine, "bin/nats-server"), "2.10.22")
    expect(await reasonOf("PATH")).toBe(`${old} is 2.10.22, older than 2.15.1`)
    expect(await reasonOf("cache")).toBe(`${cached()} is not there`)
    fakeServer(cached(), "2.15.1")
    expect(await locate()).toBe(cached())
  })
})

describe("the official release", () => {
  it("is unpacked into the cache when its checksum is the pinned one", async () => {
    const release = Option.some(await serveRelease())
    expect(await locate({ release, path: withTar() })).toBe(cached())
    expect(readdirSync(dirname(cached()))).toEqual(["nats-server-2.15.1-linux-x64"])
  })

  it("is refused with another checksum and leaves nothing in the cache", async () => {
    const release = Option.some(await serveRelease("00".repeat(32)))
    expect(await reasonOf("official release", { release, path: withTar() })).toContain("not the pinned 0000")
    expect(readdirSync(dirname(cached()))).toEqual([])
  })

  it("is not used where no checksum is pinned", async () => {
    const release = Option.some({ ...(await serveRelease()), sha256: Option.none() })
    expect(await reasonOf("official release", { release, platform: "darwin-arm64" })).toBe(
      "no checksum is pinned for darwin-arm64"
    )
  })

  it("gives up soon, with the reason, when the server cannot be reached", async () => {
    const release = Option.some({ ...(await serveRelease()), url: "http://127.0.0.1:1/archive" })
    expect(await reasonOf("official release", { release })).toContain("cannot be downloaded")
  })

  it("serves two starts at once", async () => {
    const release = Option.some(await serveRelease())
    const both = await Promise.all([locate({ release, path: withTar() }), locate({ release, path: withTar() })])
    expect(both).toEqual([cached(), cached()])
  })
})

describe("the distribution's package", () => {
  it("comes from the newest suite of the configured mirror that is new enough", async () => {
    fakeApt({ unstable: "(none)", testing: "2.15.1-1", stable: "2.10.27-1" })
    expect(await locate()).toBe(cached())
    expect(suitesAsked()).toEqual(["unstable", "testing"])
  })

  it("tells every suite's reason when none has it", async () => {
    fakeApt({ testing: "2.14.0-1", stable: "2.10.27-1" })
    const reason = await reasonOf("distribution package")
    expect(reason).toContain("http://mirror.test/debian unstable: it has no package nats-server")
    expect(reason).toContain("testing: it has 2.14.0-1, older than 2.15.1")
    expect(suitesAsked()).toEqual(["unstable", "testing", "stable-backports", "stable", "bookworm"])
    expect(existsSync(cached())).toBe(false)
  })
})

describe("the last error", () => {
  it("lists every step in order with its reason and says what to do by hand", async () => {
    const error = await failure()
    expect(error.attempts.map(({ step }) => step)).toEqual([
      "NATS_SERVER_BIN",
      "PATH",
      "cache",
      "official release",
      "distribution package"
    ])
    for (const { reason, step } of error.attempts) expect(error.message).toContain(`${step}: ${reason}`)
    expect(error.message).toContain("set NATS_SERVER_BIN to the path of the binary")
    expect(error.message).toContain("ATTUNE_NATS_URL")
  })
})
