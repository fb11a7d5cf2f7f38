// A process that owns a data folder and runs its broker, as `attune up` does, for tests that kill it.
// usage: node brokerHolder.ts BINARY DATA_DIR — prints one line {"broker":PID,"port":PORT} and then waits for ever.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DataDir } from "#libs/datadir/DataDir.ts"
import { EmbeddedServer, embeddedServerDefaults } from "#nats/server/EmbeddedServer.ts"

const [binary = "", dataDir = ""] = process.argv.slice(2)

// The terminal's Ctrl-C must reach nobody but this process, which here outlives it.
process.on("SIGINT", () => process.stdout.write("interrupted\n"))
// Its parent holds the other end of this pipe.
process.stdin.on("end", () => process.exit()).resume()

const program = Effect.gen(function* () {
  const { endpoint, pid } = yield* EmbeddedServer
  const [server = ""] = endpoint.servers
  const line = { broker: Option.getOrThrow(yield* pid), port: Number(new URL(server).port) }
  yield* Effect.sync(() => process.stdout.write(`${JSON.stringify(line)}\n`))
  return yield* Effect.never
})

await Effect.runPromise(
  Effect.provide(
    program,
    EmbeddedServer.layer({ ...embeddedServerDefaults, binary }).pipe(
      Layer.provide(DataDir.layer(dataDir, "a test's broker holder"))
    )
  )
)
