/** Asks a file whether it is a nats-server that Attune can use. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatVersion, isNewEnough, minimumVersion, parseVersion } from "#nats/binary/NatsServerVersion.ts"
import { runCommand } from "#nats/binary/runCommand.ts"

/** Succeeds when `path` runs and its version is new enough; fails with the reason as a sentence. */
export const checkBinary = (path: string): Effect.Effect<void, string> =>
  runCommand({ program: path, args: ["--version"], env: {}, timeoutMs: 10_000 }).pipe(
    Effect.mapError(({ reason }) => `${path} does not run (${reason})`),
    Effect.flatMap((output) =>
      Option.match(parseVersion(output), {
        onNone: () => Effect.fail(`${path} does not tell its version, so it is no nats-server`),
        onSome: (version) =>
          isNewEnough(version)
            ? Effect.void
            : Effect.fail(`${path} is ${formatVersion(version)}, older than ${formatVersion(minimumVersion)}`)
      })
    )
  )
