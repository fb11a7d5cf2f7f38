/** Credentials by role for an operator's own NATS, in one file, so that each role has only its own rights. */
import { readFileSync, statSync } from "node:fs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const RoleCredentials = Schema.Union([
  Schema.Struct({ user: Schema.NonEmptyString, password: Schema.NonEmptyString }),
  Schema.Struct({ token: Schema.NonEmptyString }),
  Schema.Struct({ credentials_file: Schema.NonEmptyString })
])
export type RoleCredentials = typeof RoleCredentials.Type

const RolesFile = Schema.fromJsonString(
  Schema.Struct({
    provisioner: Schema.optionalKey(RoleCredentials),
    edge: Schema.optionalKey(RoleCredentials),
    analyzer: Schema.optionalKey(RoleCredentials),
    projector: Schema.optionalKey(RoleCredentials),
    system: Schema.optionalKey(RoleCredentials)
  })
)
type RolesFile = typeof RolesFile.Type
const decodeRolesFile = Schema.decodeUnknownEffect(RolesFile)

/** The roles file cannot be used. Names the file, never what is in it. */
export class RolesFileUnusable extends Data.TaggedError("RolesFileUnusable")<{
  readonly file: string
  readonly reason: string
}> {
  readonly retryable = false
  override get message(): string {
    return `the roles file ${this.file} cannot be used: ${this.reason}`
  }
}

const READABLE_BY_ALL = 0o004
const FORM = 'it must hold {"edge":{"user":"…","password":"…"},…}, or a "token" or "credentials_file" for a role'

/** Reads the file; a role it does not name has the credentials of the other settings. */
export const readRolesFile = Effect.fnUntraced(function* (file: string) {
  const unusable = (reason: string) => new RolesFileUnusable({ file, reason })
  const { mode, text } = yield* Effect.try({
    try: () => ({ mode: statSync(file).mode, text: readFileSync(file, "utf8") }),
    catch: (cause) => unusable(cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read")
  })
  if ((mode & READABLE_BY_ALL) !== 0)
    return yield* unusable(`every user of this machine may read it; chmod 600 ${file}`)
  // The decoder's own words could quote a password.
  const decoded: RolesFile = yield* decodeRolesFile(text).pipe(Effect.mapError(() => unusable(FORM)))
  return decoded
})
