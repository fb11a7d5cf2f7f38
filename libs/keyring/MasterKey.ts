/**
 * The operator's key over all keys: 32 bytes that wrap every data key and stand behind every pseudonym. It comes from a
 * value, from a file, or, in development, from a file made in the data folder. Whoever loses it loses every message.
 */
import { randomBytes } from "node:crypto"
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { parseMasterKey } from "./parseMasterKey.ts"

export const MASTER_KEY_BYTES = 32

/** Where the master key is. */
export type MasterKeySource =
  /** 32 bytes as base64, base64url or hex. */
  | { readonly value: Redacted.Redacted }
  /** A file of the operator's that holds such a value, or the 32 bytes themselves. */
  | { readonly file: string }
  /** The data folder: its `master.key` is made at first need. For development. */
  | { readonly makeIn: string }

/** There is no usable master key. Says what to do about it, and never what was read. */
export class MasterKeyError extends Data.TaggedError("MasterKeyError")<{
  /** The file, or that it was a value. */
  readonly source: string
  readonly problem: string
}> {
  readonly retryable = false
  override get message(): string {
    return `master key (${this.source}): ${this.problem}`
  }
}

const FORM = "32 bytes as base64 or hex; make one with: openssl rand -base64 32"
const READABLE_BY_ALL = 0o007
const READABLE_BY_GROUP = 0o070

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown error"

/** Mode and content of one and the same open file, so that neither can be swapped between the looks. */
const readWithMode = (file: string): { readonly mode: number; readonly bytes: Buffer } => {
  const fd = openSync(file, "r")
  try {
    return { mode: fstatSync(fd).mode, bytes: readFileSync(fd) }
  } finally {
    closeSync(fd)
  }
}

const fromFile = Effect.fnUntraced(function* (file: string) {
  const refuse = (problem: string) => new MasterKeyError({ source: file, problem })
  const { mode, bytes } = yield* Effect.try({
    try: () => readWithMode(file),
    catch: (cause) => refuse(`cannot be read (${codeOf(cause)}); check the path and who may read it`)
  })
  if ((mode & READABLE_BY_ALL) !== 0) {
    return yield* refuse(`is open to every user of this machine; run: chmod 600 ${file}`)
  }
  if ((mode & READABLE_BY_GROUP) !== 0) {
    yield* Effect.logWarning(`the master key file ${file} is open to its group; chmod 600 closes it`)
  }
  const key = bytes.length === MASTER_KEY_BYTES ? new Uint8Array(bytes) : parseMasterKey(bytes.toString("latin1"))
  return key ?? (yield* refuse(`does not hold a key; it must be ${FORM}`))
})

const syncFolder = (dir: string): void => {
  const fd = openSync(dir, "r")
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Written whole and synced under another name first: a crash leaves no key or a whole key, never half of one. */
const writeOnce = (dir: string, file: string): void => {
  const draft = `${file}.${process.pid}.new`
  rmSync(draft, { force: true })
  const fd = openSync(draft, "wx", 0o600)
  try {
    writeFileSync(fd, `${randomBytes(MASTER_KEY_BYTES).toString("base64")}\n`)
    fsyncSync(fd)
    linkSync(draft, file)
  } catch (cause) {
    // Another process made it a moment ago: theirs is the key.
    if (codeOf(cause) !== "EEXIST") throw cause
  } finally {
    closeSync(fd)
    rmSync(draft, { force: true })
  }
  syncFolder(dir)
}

const madeIn = Effect.fnUntraced(function* (dir: string) {
  const file = join(dir, "master.key")
  if (!existsSync(file)) {
    yield* Effect.try({
      try: () => writeOnce(dir, file),
      catch: (cause) => new MasterKeyError({ source: file, problem: `cannot be made (${codeOf(cause)})` })
    })
    yield* Effect.logWarning(
      `made a master key in ${file}: fine for development; in production give your own and keep a copy elsewhere`
    )
  }
  return yield* fromFile(file)
})

/** The 32 bytes of the master key. A file open to every user of the machine is refused. */
export const loadMasterKey = (source: MasterKeySource): Effect.Effect<Uint8Array, MasterKeyError> => {
  if ("file" in source) return fromFile(source.file)
  if ("makeIn" in source) return madeIn(source.makeIn)
  const key = parseMasterKey(Redacted.value(source.value))
  return key === undefined
    ? Effect.fail(new MasterKeyError({ source: "value", problem: `is not a key; it must be ${FORM}` }))
    : Effect.succeed(key)
}
