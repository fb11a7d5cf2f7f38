/** The user's cache of downloaded binaries: one file a version and platform, put there in one step. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { checkBinary } from "#nats/binary/checkBinary.ts"
import { formatVersion, pinnedVersion } from "#nats/binary/NatsServerVersion.ts"

/** Where the binary for a platform is kept. */
export const cachedBinaryPath = (cacheDir: string, platform: string): string =>
  join(cacheDir, "attune", `nats-server-${formatVersion(pinnedVersion)}-${platform}`)

/**
 * Lets `fetch` make a binary in a temporary folder beside the cache, checks that it runs, and renames it into place.
 *
 * The rename is atomic and the folder is this call's own: two starts at once both succeed, the later one's file stays.
 * A `fetch` that fails leaves nothing behind.
 */
export const installIntoCache = Effect.fnUntraced(function* (
  target: string,
  fetch: (folder: string) => Effect.Effect<string, string>
) {
  const folder = yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(dirname(target), { recursive: true })
        return mkdtempSync(join(dirname(target), ".incoming-"))
      },
      catch: (cause) => `the cache cannot be written (${String(cause)})`
    }),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const binary = yield* fetch(folder)
  yield* Effect.try({ try: () => chmodSync(binary, 0o755), catch: (cause) => `no binary came out (${String(cause)})` })
  yield* checkBinary(binary)
  yield* Effect.try({
    try: () => renameSync(binary, target),
    catch: (cause) => `the cache cannot be written (${String(cause)})`
  })
  return target
}, Effect.scoped)
