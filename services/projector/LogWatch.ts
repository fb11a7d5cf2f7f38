/**
 * Keeps an eye on the log itself: whose it is and where it ends. Rows are only ever taken from the log the file belongs
 * to, also after a reconnect to a broker that was restored or swapped in the meantime.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Header } from "#libs/events/Envelope.ts"
import { askApi } from "#nats/api.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { atFromLeader } from "#nats/read.ts"
import { decodeStream, EPOCH_KEY } from "#nats/StreamConfig.ts"
import { ANN } from "#nats/Topology.ts"
import { ProjectorError } from "./ProjectorError.ts"
import type { ReadModel } from "./ReadModel.ts"

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

type File = Pick<ReadModel, "epoch" | "applied" | "lastEvent">

const foreign = (detail: string) => new ProjectorError({ reason: "ForeignLog", detail: `${detail}; rebuild the file` })

const missing = (seq: number) =>
  new ProjectorError({ reason: "ShortLog", detail: `the log does not have event ${seq} of the file` })

/** The file's last event must be in the log where the file has it: a log cut short and grown again is another one. */
const sameEvents = (connection: Connection, file: File): Effect.Effect<void, NatsError | ProjectorError> =>
  Option.match(file.lastEvent(), {
    onNone: () => Effect.void,
    onSome: ({ seq, event_id }) =>
      Effect.flatMap(atFromLeader(connection, ANN, seq), (found) => {
        if (Option.isNone(found)) return Effect.fail(missing(seq))
        return found.value.headers.get(Header.eventId) === event_id
          ? Effect.void
          : Effect.fail(foreign(`the log has another event than the file at ${seq}`))
      })
  })

const sameLog = (file: File, applied: number, log: LogState): Effect.Effect<void, ProjectorError> => {
  if (file.epoch !== log.epoch)
    return Effect.fail(foreign(`the file is of log ${file.epoch}, the broker's is ${log.epoch}`))
  return applied <= log.head
    ? Effect.void
    : Effect.fail(
        new ProjectorError({
          reason: "ShortLog",
          detail: `the file has events up to ${applied}, the log ends at ${log.head}; if that stays so, rebuild the file`
        })
      )
}

interface LogWatch {
  /** Where the log ended when it was last read. */
  readonly head: () => number
  /** When that was (milliseconds since 1970, UTC). */
  readonly seenAt: () => number
  /** Reads the log now. */
  readonly look: Effect.Effect<void, NatsError | ProjectorError>
  /** Reads the log only if the connection has changed since. */
  readonly confirm: Effect.Effect<void, NatsError | ProjectorError>
}

/** Watches the log for a read model; the first look has been taken, and it is the model's log. */
export const makeLogWatch = Effect.fnUntraced(function* (connection: Connection, file: File) {
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
    // Read before the log is: the file only ever grows by what the log has.
    const applied = file.applied()
    const log = yield* readLog(connection)
    yield* sameLog(file, applied, log)
    if (changes !== confirmedChanges) yield* sameEvents(connection, file)
    head = log.head
    seenAt = yield* Clock.currentTimeMillis
    confirmedChanges = changes
  })
  const confirm = Effect.suspend(() => (confirmedChanges === connectionChanges ? Effect.void : look))
  yield* look
  return { head: () => head, seenAt: () => seenAt, look, confirm } satisfies LogWatch
})
