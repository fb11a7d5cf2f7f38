/**
 * Keeps an eye on the log itself: whose it is and where it ends. Rows are only ever taken from the log the file belongs
 * to, also after a reconnect to a broker that was restored or swapped in the meantime.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { askApi } from "#nats/api.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { decodeStream, EPOCH_KEY } from "#nats/StreamConfig.ts"
import { ANN } from "#nats/Topology.ts"
import { ProjectorError } from "./ProjectorError.ts"

export interface LogState {
  readonly epoch: string
  readonly head: number
}

/** The identity and the end of `ANN`, from the stream's leader. */
export const readLog = (connection: Connection): Effect.Effect<LogState, NatsError> =>
  askApi(connection, { endpoint: `STREAM.INFO.${ANN}`, decode: decodeStream }).pipe(
    Effect.flatMap(({ config, lastSeq }) => {
      const epoch = config.metadata?.[EPOCH_KEY]
      return epoch === undefined
        ? Effect.fail(
            new NatsError({ operation: "read log", reason: "Drift", detail: `${ANN} has no epoch: provision first` })
          )
        : Effect.succeed({ epoch, head: lastSeq })
    })
  )

/** Refuses a log that the file was not filled from. */
export const sameLog = (file: LogState, log: LogState): Effect.Effect<void, ProjectorError> => {
  if (file.epoch !== log.epoch) {
    return Effect.fail(
      new ProjectorError({
        reason: "ForeignLog",
        detail: `the file is of log ${file.epoch}, the broker's is ${log.epoch}`
      })
    )
  }
  return file.head <= log.head
    ? Effect.void
    : Effect.fail(
        new ProjectorError({
          reason: "ShortLog",
          detail: `the file has events up to ${file.head}, the broker's log ends at ${log.head}; if that stays so, rebuild`
        })
      )
}

export interface LogWatch {
  /** Where the log ended when it was last read. */
  readonly head: () => number
  /** When that was (milliseconds since 1970, UTC). */
  readonly seenAt: () => number
  /** Reads the log now. */
  readonly look: Effect.Effect<void, NatsError | ProjectorError>
  /** Reads the log only if the connection has changed since. */
  readonly confirm: Effect.Effect<void, NatsError | ProjectorError>
}

/** Watches the log for a read model that stands at `file()`; the first look has been taken. */
export const makeLogWatch = Effect.fnUntraced(function* (connection: Connection, file: () => LogState) {
  let connectionChanges = 0
  let confirmedChanges = -1
  let head = 0
  let seenAt = 0
  yield* Effect.acquireRelease(
    Effect.sync(() => connection.onChange(() => connectionChanges++)),
    (stop) => Effect.sync(stop)
  )
  const look = Effect.gen(function* () {
    const changes = connectionChanges
    // The file may only grow in between, and only by what the log has.
    const own = file()
    const log = yield* readLog(connection)
    yield* sameLog(own, log)
    head = log.head
    seenAt = yield* Clock.currentTimeMillis
    confirmedChanges = changes
  })
  const confirm = Effect.suspend(() => (confirmedChanges === connectionChanges ? Effect.void : look))
  yield* look
  return { head: () => head, seenAt: () => seenAt, look, confirm } satisfies LogWatch
})
