/**
 * Gets nats-server from the distribution's own archive without root: apt is given its own source, list, status and
 * cache folders, so it neither needs nor changes the machine's; signatures are checked against the machine's keyring.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  type AptSource,
  type Distribution,
  distributionMirror,
  parseDeb822Sources,
  parseOneLineSources,
  parseOsRelease,
  sourceLine,
  suitesNewestFirst
} from "#nats/binary/aptSources.ts"
import { checkBinary } from "#nats/binary/checkBinary.ts"
import { formatVersion, isNewEnough, minimumVersion, parseVersion } from "#nats/binary/NatsServerVersion.ts"
import { runCommand } from "#nats/binary/runCommand.ts"

export interface AptMachine {
  /** /etc of the machine: os-release and apt's sources are read from it. */
  readonly etcDir: string
  readonly path: string
  readonly progress: (line: string) => Effect.Effect<void>
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "")

const configuredSources = (etcDir: string): ReadonlyArray<AptSource> => {
  const parts = join(etcDir, "apt", "sources.list.d")
  const files = existsSync(parts) ? readdirSync(parts).toSorted() : []
  return [
    ...parseOneLineSources(readIfThere(join(etcDir, "apt", "sources.list"))),
    ...files.flatMap((name) => {
      if (name.endsWith(".sources")) return parseDeb822Sources(readIfThere(join(parts, name)))
      return name.endsWith(".list") ? parseOneLineSources(readIfThere(join(parts, name))) : []
    })
  ]
}

/** The options that keep apt inside `dir`. */
const aptOptions = (dir: string): ReadonlyArray<string> =>
  [
    `Dir::Etc::sourcelist=${join(dir, "suite.list")}`,
    "Dir::Etc::sourceparts=-",
    "Dir::Etc::preferences=-",
    "Dir::Etc::preferencesparts=-",
    `Dir::State=${join(dir, "state")}`,
    `Dir::State::lists=${join(dir, "lists")}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${join(dir, "cache")}`,
    // As root apt would change to a user who may not enter this folder; signatures are checked all the same.
    "APT::Sandbox::User=root",
    // Without this a mirror that does not answer would count as a success.
    "APT::Update::Error-Mode=any",
    "Acquire::Languages=none",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=10",
    "Acquire::https::Timeout=10"
  ].flatMap((option) => ["-o", option])

const fromSuite = Effect.fnUntraced(function* (
  machine: AptMachine,
  distribution: Distribution,
  mirror: AptSource,
  suite: string,
  dir: string
) {
  for (const part of ["state", "lists/partial", "cache/archives/partial", "unpacked"]) {
    mkdirSync(join(dir, part), { recursive: true })
  }
  writeFileSync(join(dir, "suite.list"), sourceLine(mirror, suite, distribution))
  const env = { PATH: machine.path, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" }
  const run = (program: string, args: ReadonlyArray<string>) =>
    runCommand({ program, args, cwd: dir, env, timeoutMs: 180_000 }).pipe(Effect.mapError(({ message }) => message))

  yield* run("apt-get", [...aptOptions(dir), "-qq", "update"])
  const policy = yield* run("apt-cache", [...aptOptions(dir), "policy", "nats-server"])
  const candidate = /Candidate:\s*(\S+)/.exec(policy)?.[1] ?? "(none)"
  if (candidate === "(none)") return yield* Effect.fail("it has no package nats-server")
  if (!Option.exists(parseVersion(candidate), isNewEnough)) {
    return yield* Effect.fail(`it has ${candidate}, older than ${formatVersion(minimumVersion)}`)
  }

  yield* machine.progress(`downloading nats-server ${candidate} from ${mirror.uri} ${suite}`)
  yield* run("apt-get", [...aptOptions(dir), "-qq", "download", "nats-server"])
  const archive = readdirSync(dir).find((name) => name.endsWith(".deb"))
  if (archive === undefined) return yield* Effect.fail("apt downloaded no package")
  yield* run("dpkg-deb", ["-x", join(dir, archive), join(dir, "unpacked")])
  const places = ["usr/sbin", "usr/bin"].map((place) => join(dir, "unpacked", place, "nats-server"))
  const binary = places.find((file) => existsSync(file))
  if (binary === undefined) return yield* Effect.fail("its package holds no nats-server where one was expected")
  yield* checkBinary(binary)
  return binary
})

/**
 * Answers the path of the unpacked binary inside `folder`, from the newest suite of the configured mirror whose package
 * is new enough and runs here. Fails with every suite's reason.
 */
export const aptPackage = Effect.fnUntraced(function* (machine: AptMachine, folder: string) {
  const distribution = parseOsRelease(readIfThere(join(machine.etcDir, "os-release")))
  const mirror = distributionMirror(configuredSources(machine.etcDir), distribution)
  if (Option.isNone(mirror)) {
    return yield* Effect.fail(
      "no apt mirror of the distribution is configured here (this step is for Debian and its relatives)"
    )
  }
  const reasons: Array<string> = []
  for (const suite of suitesNewestFirst(distribution)) {
    yield* machine.progress(`asking ${mirror.value.uri} ${suite} for nats-server`)
    const dir = join(folder, suite)
    const found = yield* Effect.result(fromSuite(machine, distribution, mirror.value, suite, dir))
    if (found._tag === "Success") return found.success
    reasons.push(`${suite}: ${found.failure}`)
  }
  return yield* Effect.fail(`${mirror.value.uri} ${reasons.join("; ")}`)
})
