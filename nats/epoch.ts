/**
 * The random identity of the log: a cursor is worth something only together with the epoch it was given in, because a
 * restored or newly made stream counts its sequences again.
 */
import * as Effect from "effect/Effect"
import { askApi } from "./api.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { NatsError } from "./NatsError.ts"
import { decodeStream, EPOCH_KEY } from "./StreamConfig.ts"
import { ANN } from "./Topology.ts"

/** The epoch of the annotated stream; fails with `Drift` on a stream that was not made by `provision`. */
export const readEpoch: Effect.Effect<string, NatsError, NatsConnection> = Effect.gen(function* () {
  const connection = yield* NatsConnection
  const { config } = yield* askApi(connection, { endpoint: `STREAM.INFO.${ANN}`, decode: decodeStream })
  const epoch = config.metadata?.[EPOCH_KEY]
  return epoch === undefined
    ? yield* new NatsError({ operation: "read epoch", reason: "Drift", detail: `${ANN} has no epoch: provision first` })
    : epoch
})
