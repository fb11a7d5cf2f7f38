/** One random password a role, made once per data folder and kept there with mode 0600, so that restarts keep them. */
import { randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { writeDurably } from "#libs/files/writeDurably.ts"
import type { BrokerCredentials } from "#nats/server/BrokerEndpoint.ts"
import type { Role } from "#nats/server/roles.ts"

/** The folder's credentials file cannot be read, understood or written. Names the file, never its content. */
export class CredentialsUnusable extends Data.TaggedError("CredentialsUnusable")<{
  readonly file: string
  readonly reason: string
  readonly retryable: false
}> {
  override get message(): string {
    return `${this.file}: ${this.reason}`
  }
}

const Entry = Schema.Struct({ user: Schema.NonEmptyString, password: Schema.NonEmptyString })
const Stored = Schema.fromJsonString(
  Schema.Struct({ provisioner: Entry, edge: Entry, analyzer: Entry, projector: Entry, system: Entry })
)
const decodeStored = Schema.decodeUnknownEffect(Stored)

const generate = (role: Role): BrokerCredentials => ({ user: role, password: randomBytes(32).toString("base64url") })

/** Reads the roles' credentials from `file`, making it first when it is not there. */
export const brokerCredentials = Effect.fn("nats/server/brokerCredentials")(function* (file: string) {
  const unusable = (reason: string) => new CredentialsUnusable({ file, reason, retryable: false })
  if (!existsSync(file)) {
    const made: Readonly<Record<Role, BrokerCredentials>> = {
      provisioner: generate("provisioner"),
      edge: generate("edge"),
      analyzer: generate("analyzer"),
      projector: generate("projector"),
      system: generate("system")
    }
    yield* Effect.try({
      try: () => writeDurably(file, `${JSON.stringify(made, null, 2)}\n`),
      catch: (cause) => unusable(`cannot be written (${String(cause)})`)
    })
    return made
  }
  const text = yield* Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (cause) => unusable(`cannot be read (${String(cause)})`)
  })
  // The decoder's own message would quote what it read, which is a password: only the fact is told.
  const stored: Readonly<Record<Role, BrokerCredentials>> = yield* decodeStored(text).pipe(
    Effect.mapError(() => unusable("does not hold the roles' credentials; remove it and they are made anew"))
  )
  return stored
})
