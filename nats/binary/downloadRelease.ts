/** Fetches the official release archive, believes it only by its pinned checksum, and unpacks the binary. */
import { createHash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReleaseArchive } from "#nats/binary/releases.ts"
import { runCommand } from "#nats/binary/runCommand.ts"

/** A machine without internet must not make its user wait: this is for the name, the connection and the answer. */
const ANSWER_WITHIN_MS = 5_000
const DOWNLOAD_WITHIN_MS = 300_000
/** The archive has 7 MB; more than this is something else. */
const MAX_BYTES = 64 * 1024 ** 2

/** The reason behind "fetch failed", which names no cause itself. */
const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

const download = async (url: string, file: string, signal: AbortSignal): Promise<string> => {
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)),
    ANSWER_WITHIN_MS
  )
  const whole = AbortSignal.timeout(DOWNLOAD_WITHIN_MS)
  const response = await fetch(url, { signal: AbortSignal.any([signal, late.signal, whole]) }).finally(() =>
    clearTimeout(timer)
  )
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`)
  const hash = createHash("sha256")
  let received = 0
  const measure = new Transform({
    transform(chunk: Buffer, _, next) {
      received += chunk.length
      hash.update(chunk)
      next(received > MAX_BYTES ? new Error(`more than ${MAX_BYTES} bytes`) : null, chunk)
    }
  })
  await pipeline(Readable.fromWeb(response.body), measure, createWriteStream(file))
  return hash.digest("hex")
}

/** Answers the path of the unpacked binary inside `folder`; fails with the reason as a sentence. */
export const downloadRelease = Effect.fnUntraced(function* (archive: ReleaseArchive, folder: string, path: string) {
  if (Option.isNone(archive.sha256)) return yield* Effect.fail("no checksum is pinned for this platform")
  const file = join(folder, "nats-server.tar.gz")
  const sum = yield* Effect.tryPromise({
    try: (signal) => download(archive.url, file, signal),
    catch: (cause) => `${archive.url} cannot be downloaded (${explain(cause)})`
  })
  if (sum !== archive.sha256.value) {
    return yield* Effect.fail(`${archive.url} has the SHA-256 ${sum}, not the pinned ${archive.sha256.value}`)
  }
  yield* runCommand({
    program: "tar",
    args: ["-xzf", file, "-C", folder, archive.member],
    env: { PATH: path },
    timeoutMs: 60_000
  }).pipe(Effect.mapError(({ message }) => `the archive cannot be unpacked (${message})`))
  return join(folder, archive.member)
})
