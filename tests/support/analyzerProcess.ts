/**
 * One analyzer of the product as a process of its own, for tests that kill or pause one. It works until it is ended; told
 * so, it kills itself right after it has sent an append and before it can see the answer.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Analyzer } from "#libs/analysis/Analyzer.ts"
import { annotateWithVader } from "#libs/analysis/vaderEngine.ts"
import { vaderIdentity } from "#libs/analysis/vaderIdentity.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { type Connection, NatsConnection } from "#nats/NatsConnection.ts"
import { AnalyzerService } from "#services/analyzer/AnalyzerService.ts"

export const AnalyzerProcessSettings = Schema.Struct({
  servers: Schema.Array(Schema.String),
  user: Schema.String,
  password: Schema.String,
  masterKey: Schema.Uint8ArrayFromBase64,
  /** Ends by kill -9 with the append of this number on its way (1: the first). */
  dieInAppend: Schema.optionalKey(Schema.Int)
})

const settings = Schema.decodeUnknownSync(Schema.fromJsonString(AnalyzerProcessSettings))(
  process.env["ANALYZER_PROCESS"]
)

/** The same connection, but the append of that number is the last thing this process does. */
const dyingIn = (connection: Connection, append: number): Connection => {
  const { raw, replies } = connection
  let appends = 0
  const ask: Connection["replies"]["ask"] = (question, onAnswer) => {
    if (!question.subject.startsWith("ann.") || ++appends !== append) return replies.ask(question, onAnswer)
    const forget = replies.ask(question, () => undefined)
    // The pong comes after the broker has read everything that was sent before the ping.
    void raw.flush().then(() => process.kill(process.pid, "SIGKILL"))
    return forget
  }
  return { ...connection, replies: new Proxy(replies, { get: () => ask }) }
}

const { dieInAppend, masterKey, password, servers, user } = settings
const connection = Layer.effect(
  NatsConnection,
  Effect.map(NatsConnection, (plain) =>
    dieInAppend === undefined ? plain : NatsConnection.of(dyingIn(plain, dieInAppend))
  )
).pipe(Layer.provide(NatsConnection.layer({ servers, user, password, role: "analyzer" })))

const engine = Layer.succeed(
  Analyzer,
  Analyzer.of({ identity: vaderIdentity, annotate: (texts) => Effect.sync(() => texts.map(annotateWithVader)) })
)

const service = AnalyzerService.layer().pipe(
  Layer.provide(Layer.merge(layerKv({ masterKey }), engine)),
  Layer.provide(connection)
)

await Effect.runPromise(Layer.launch(service))
