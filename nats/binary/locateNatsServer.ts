/**
 * Finds a nats-server to run: the operator's, the machine's, the cached one, or one it downloads. The order and the
 * reasons are what the operator sees; each step says why it did not help.
 */
import { accessSync, constants, existsSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, isAbsolute, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { aptPackage } from "#nats/binary/aptPackage.ts"
import { cachedBinaryPath, installIntoCache } from "#nats/binary/cachedBinary.ts"
import { checkBinary } from "#nats/binary/checkBinary.ts"
import { downloadRelease } from "#nats/binary/downloadRelease.ts"
import { type LocateStep, NatsServerNotFound, StepFailed } from "#nats/binary/LocateStep.ts"
import { type ReleaseArchive, releaseArchive } from "#nats/binary/releases.ts"

/** What of the machine the search looks at. */
export interface LocateEnvironment {
  /** NATS_SERVER_BIN. When it is given it decides: it is used, or it is an error. */
  readonly operatorPath: Option.Option<string>
  readonly path: string
  readonly cacheDir: string
  readonly platform: string
  readonly release: Option.Option<ReleaseArchive>
  readonly etcDir: string
  /** Told what is going on; the first start downloads for some seconds. */
  readonly progress: (line: string) => Effect.Effect<void>
}

/** This machine, as the given environment variables describe it. */
export const machineEnvironment = (
  variables: Readonly<Record<string, string | undefined>>,
  progress: LocateEnvironment["progress"]
): LocateEnvironment => {
  const given = (name: string) => Option.filter(Option.fromNullishOr(variables[name]), (value) => value !== "")
  const platform = `${process.platform}-${process.arch}`
  return {
    operatorPath: given("NATS_SERVER_BIN"),
    path: Option.getOrElse(given("PATH"), () => ""),
    // The XDG rules: a relative path is to be ignored.
    cacheDir: Option.getOrElse(Option.filter(given("XDG_CACHE_HOME"), isAbsolute), () => join(homedir(), ".cache")),
    platform,
    release: releaseArchive(platform),
    etcDir: "/etc",
    progress
  }
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // Missing and not executable are the same to the search.
    return false
  }
}

const fromOperator = (given: string) => {
  const file = resolve(given)
  return checkBinary(file).pipe(
    Effect.as(file),
    Effect.mapError((reason) => `${reason}; a path that is given is used or refused, never passed over`)
  )
}

const fromPath = Effect.fnUntraced(function* (path: string) {
  const files = path
    .split(delimiter)
    .filter((dir) => isAbsolute(dir))
    .map((dir) => join(dir, "nats-server"))
    .filter(isExecutable)
  const reasons: Array<string> = []
  for (const file of files) {
    const checked = yield* Effect.result(checkBinary(file))
    if (checked._tag === "Success") return file
    reasons.push(checked.failure)
  }
  return yield* Effect.fail(reasons.length === 0 ? "no nats-server in it" : reasons.join("; "))
})

const fromCache = (file: string) =>
  existsSync(file) ? Effect.as(checkBinary(file), file) : Effect.fail(`${file} is not there`)

const fromRelease = ({ path, platform, progress, release }: LocateEnvironment, target: string) => {
  if (Option.isNone(release)) return Effect.fail(`NATS publishes none that Attune knows of for ${platform}`)
  const archive = release.value
  if (Option.isNone(archive.sha256)) return Effect.fail(`no checksum is pinned for ${platform}`)
  return progress(`downloading ${archive.url}`).pipe(
    Effect.andThen(installIntoCache(target, (folder) => downloadRelease(archive, folder, path)))
  )
}

const attempt = (step: LocateStep, search: Effect.Effect<string, string>) =>
  Effect.mapError(search, (reason) => new StepFailed({ step, reason, retryable: step !== "NATS_SERVER_BIN" }))

/** The absolute path of a nats-server that is new enough. Downloads into the user's cache when the machine has none. */
export const locateNatsServer = Effect.fn("nats/binary/locateNatsServer")(function* (machine: LocateEnvironment) {
  const notFound = (attempts: ReadonlyArray<StepFailed>) =>
    new NatsServerNotFound({ platform: machine.platform, attempts, retryable: attempts.length > 1 })

  if (Option.isSome(machine.operatorPath)) {
    return yield* attempt("NATS_SERVER_BIN", fromOperator(machine.operatorPath.value)).pipe(
      Effect.mapError((failed) => notFound([failed]))
    )
  }
  const target = cachedBinaryPath(machine.cacheDir, machine.platform)
  const steps = [
    attempt("PATH", fromPath(machine.path)),
    attempt("cache", fromCache(target)),
    attempt("official release", fromRelease(machine, target)),
    attempt(
      "distribution package",
      installIntoCache(target, (folder) => aptPackage(machine, folder))
    )
  ]
  const attempts: Array<StepFailed> = [
    new StepFailed({ step: "NATS_SERVER_BIN", reason: "not given", retryable: false })
  ]
  for (const step of steps) {
    const tried = yield* Effect.result(step)
    if (tried._tag === "Success") return tried.success
    attempts.push(tried.failure)
  }
  return yield* notFound(attempts)
})
