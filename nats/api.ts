/**
 * Asking the JetStream API: plain requests with decoded answers, so that an error keeps the server's code and an answer
 * that is not what the protocol promises is seen as such.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "./NatsConnection.ts"
import { NatsError, natsErrorOf, natsErrorOfCode } from "./NatsError.ts"

const API_TIMEOUT_MS = 5_000

const ApiFailure = Schema.Struct({
  error: Schema.Struct({
    err_code: Schema.optionalKey(Schema.Int),
    description: Schema.optionalKey(Schema.String)
  })
})
const decodeFailure = Schema.decodeUnknownResult(ApiFailure)

/** What a request expects in return. */
export interface ApiQuestion<A> {
  /** Below `$JS.API.`, such as `STREAM.INFO.ANN`. */
  readonly endpoint: string
  readonly body?: object
  readonly decode: (answer: unknown) => Result.Result<A, unknown>
  readonly timeoutMs?: number
}

/** One request to the JetStream API. */
export const askApi = <A>(
  { raw }: Connection,
  { endpoint, body, decode, timeoutMs = API_TIMEOUT_MS }: ApiQuestion<A>
): Effect.Effect<A, NatsError> =>
  Effect.tryPromise({
    try: async (): Promise<unknown> =>
      (
        await raw.request(`$JS.API.${endpoint}`, body === undefined ? "" : JSON.stringify(body), { timeout: timeoutMs })
      ).json(),
    catch: natsErrorOf(endpoint)
  }).pipe(
    Effect.flatMap((answer) => {
      const failure = decodeFailure(answer)
      if (Result.isSuccess(failure)) {
        const { err_code, description } = failure.success.error
        return Effect.fail(natsErrorOfCode(endpoint, err_code, description ?? "refused"))
      }
      const decoded = decode(answer)
      return Result.isFailure(decoded)
        ? Effect.fail(new NatsError({ operation: endpoint, reason: "Protocol", detail: "an unexpected answer" }))
        : Effect.succeed(decoded.success)
    })
  )
