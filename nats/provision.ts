/**
 * Makes a server match the topology: creates what is missing, puts right what is safe to change, reports the rest. It
 * never deletes, never shrinks what would drop data, and may be run again and beside itself. Only the provisioner's
 * credentials may do this. Next: drift.ts (what is safe), epoch.ts (what readers do with the identity made here).
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { askApi } from "./api.ts"
import type { Difference } from "./drift.ts"
import { driftOf, patchOf } from "./drift.ts"
import type { Connection } from "./NatsConnection.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { NatsError } from "./NatsError.ts"
import type { FoundStream } from "./StreamConfig.ts"
import { configOf, decodeStream, EPOCH_KEY, WRITES_BEHIND } from "./StreamConfig.ts"
import type { StreamSpec, TopologyOptions } from "./Topology.ts"
import { ANN, SUB, topology } from "./Topology.ts"

export interface StreamReport {
  readonly stream: string
  readonly outcome: "created" | "changed" | "unchanged"
  /** What was put right. */
  readonly changed: ReadonlyArray<Difference>
  /** What differs still, and a person must look at. */
  readonly drifted: ReadonlyArray<Difference>
}

export interface ProvisionReport {
  readonly epoch: string
  readonly streams: ReadonlyArray<StreamReport>
}

const NAME_IN_USE = 10_058
/** Two provisioners at once disagree once about the epoch; the second look sees the other's streams. */
const ATTEMPTS = 3

const find = (connection: Connection, name: string): Effect.Effect<Option.Option<FoundStream>, NatsError> =>
  askApi(connection, { endpoint: `STREAM.INFO.${name}`, decode: decodeStream }).pipe(
    Effect.asSome,
    Effect.catchIf(
      ({ reason }) => reason === "NotFound",
      () => Effect.succeedNone
    )
  )

const refuseWritingBehind = (spec: StreamSpec, found: FoundStream): Effect.Effect<void, NatsError> =>
  found.config.persist_mode === WRITES_BEHIND && !spec.writesBehind
    ? Effect.fail(
        new NatsError({
          operation: "provision",
          reason: "NotDurable",
          detail: `${found.config.name} acknowledges before it writes (persist_mode async): restore it without`
        })
      )
    : Effect.void

const bring = Effect.fnUntraced(function* (connection: Connection, spec: StreamSpec, epoch: string | undefined) {
  const wanted = configOf(spec, epoch)
  const found = yield* find(connection, spec.name)
  if (Option.isNone(found)) {
    yield* askApi(connection, { endpoint: `STREAM.CREATE.${spec.name}`, body: wanted, decode: decodeStream })
    return { stream: spec.name, outcome: "created", changed: [], drifted: [] } satisfies StreamReport
  }
  yield* refuseWritingBehind(spec, found.value)
  const drift = driftOf(wanted, found.value.config)
  if (drift.safe.length > 0) {
    const body = { ...found.value.raw, ...patchOf(wanted, found.value.config, drift) }
    yield* askApi(connection, { endpoint: `STREAM.UPDATE.${spec.name}`, body, decode: decodeStream })
  }
  return {
    stream: spec.name,
    outcome: drift.safe.length > 0 ? "changed" : "unchanged",
    changed: drift.safe,
    drifted: drift.unsafe
  } satisfies StreamReport
})

const lost = (missing: string, holder: string) =>
  new NatsError({
    operation: "provision",
    reason: "Drift",
    detail: `${missing} is missing while ${holder} holds messages; restore it from a backup, do not start empty`
  })

/**
 * The epoch of a server: of the streams it has, else a new one. `SUB` and `ANN` count on each other's sequences, so
 * one of them is never made anew beside the other's messages.
 */
const epochFor = Effect.fnUntraced(function* (connection: Connection) {
  const [sub, ann] = yield* Effect.all([find(connection, SUB), find(connection, ANN)])
  if (Option.isNone(sub) && Option.isSome(ann) && ann.value.lastSeq > 0) return yield* lost(SUB, ANN)
  if (Option.isNone(ann) && Option.isSome(sub) && sub.value.lastSeq > 0) return yield* lost(ANN, SUB)
  const known = [ann, sub].flatMap((found) => Option.toArray(found).map(({ config }) => config.metadata?.[EPOCH_KEY]))
  return known.find((epoch) => epoch !== undefined) ?? (yield* Effect.sync(randomUUID))
})

const provisionOnce = Effect.fnUntraced(function* (options: TopologyOptions) {
  const connection = yield* NatsConnection
  const epoch = yield* epochFor(connection)
  const streams = yield* Effect.forEach(topology(options), (spec) =>
    bring(connection, spec, spec.name === SUB || spec.name === ANN ? epoch : undefined)
  )
  return { epoch, streams } satisfies ProvisionReport
})

/**
 * Brings a server to the topology. Drift that may not be changed is reported, not failed on; a lost half of the log
 * (`Drift`) and a stream that acknowledges before it writes (`NotDurable`) are failures.
 */
export const provision = (options: TopologyOptions): Effect.Effect<ProvisionReport, NatsError, NatsConnection> =>
  provisionOnce(options).pipe(
    Effect.retry({ times: ATTEMPTS - 1, while: ({ code }: NatsError) => code === NAME_IN_USE })
  )
