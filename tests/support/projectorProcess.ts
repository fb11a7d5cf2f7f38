/** A projector as a process of its own, to be killed. Says how far it is, one number a line, after each look. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { ProjectorService } from "#services/projector/ProjectorService.ts"

const Settings = Schema.fromJsonString(
  Schema.Struct({
    servers: Schema.Array(Schema.String),
    user: Schema.String,
    password: Schema.String,
    masterKey: Schema.Uint8ArrayFromBase64,
    file: Schema.String
  })
)
const { masterKey, file, ...endpoint } = Schema.decodeUnknownSync(Settings)(process.env["PROJECTOR"])

const report = Effect.gen(function* () {
  const { applied } = yield* (yield* ProjectorService).status
  process.stdout.write(`${applied}\n`)
}).pipe(Effect.andThen(Effect.sleep(5)), Effect.forever)

await Effect.runPromise(
  report.pipe(
    Effect.provide(
      ProjectorService.layer({ file }).pipe(
        Layer.provide(layerKv({ masterKey })),
        Layer.provide(NatsConnection.layer({ ...endpoint, role: "projector" }))
      )
    )
  )
)
