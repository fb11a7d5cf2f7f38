/** A stream's configuration as the server reads and reports it (durations in nanoseconds), made from the topology. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { StreamSpec } from "./Topology.ts"
import { TOPOLOGY_VERSION } from "./Topology.ts"

/** Where the random identity of a pair of streams is kept. */
export const EPOCH_KEY = "attune.epoch"
/** Which version of the topology a stream was last brought to. */
export const TOPOLOGY_KEY = "attune.topology"

/** The server's name for acknowledging before writing. */
export const WRITES_BEHIND = "async"

const Flag = Schema.optionalKey(Schema.Boolean)
const Transform = Schema.Struct({ src: Schema.String, dest: Schema.String })
const Republish = Schema.Struct({ src: Schema.String, dest: Schema.String, headers_only: Flag })

/** What the server reports; it leaves out what is false or empty. */
export const FoundConfig = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalKey(Schema.String),
  subjects: Schema.optionalKey(Schema.Array(Schema.String)),
  retention: Schema.String,
  storage: Schema.String,
  num_replicas: Schema.Int,
  max_consumers: Schema.Int,
  max_msgs: Schema.Int,
  max_bytes: Schema.Int,
  max_age: Schema.Int,
  max_msg_size: Schema.optionalKey(Schema.Int),
  max_msgs_per_subject: Schema.Int,
  discard: Schema.String,
  discard_new_per_subject: Flag,
  duplicate_window: Schema.optionalKey(Schema.Int),
  allow_direct: Flag,
  allow_atomic: Flag,
  allow_msg_ttl: Flag,
  allow_rollup_hdrs: Flag,
  deny_delete: Flag,
  deny_purge: Flag,
  sealed: Flag,
  mirror: Schema.optionalKey(Schema.Unknown),
  sources: Schema.optionalKey(Schema.Unknown),
  persist_mode: Schema.optionalKey(Schema.String),
  compression: Schema.optionalKey(Schema.String),
  subject_transform: Schema.optionalKey(Transform),
  republish: Schema.optionalKey(Republish),
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export type FoundConfig = typeof FoundConfig.Type

const NANOSECONDS = 1_000_000

/** The configuration the server must have for a stream of the topology. */
export const configOf = (spec: StreamSpec, epoch?: string): FoundConfig => ({
  name: spec.name,
  description: spec.description,
  subjects: spec.subjects,
  retention: "limits",
  storage: spec.storage,
  ...(spec.writesBehind ? { persist_mode: WRITES_BEHIND } : {}),
  num_replicas: spec.replicas,
  max_consumers: spec.maxConsumers,
  max_msgs: -1,
  max_bytes: -1,
  max_age: (spec.maxAgeMs ?? 0) * NANOSECONDS,
  max_msg_size: spec.maxMessageBytes,
  max_msgs_per_subject: spec.maxMessagesPerSubject ?? -1,
  // A full stream refuses; it never drops what somebody has not read yet.
  discard: "new",
  discard_new_per_subject: spec.refuseNewPerSubject,
  duplicate_window: spec.duplicateWindowMs * NANOSECONDS,
  allow_direct: true,
  allow_atomic: spec.atomicBatches,
  allow_msg_ttl: spec.messageTtl,
  // A roll-up header would let whoever may write a subject wipe it.
  allow_rollup_hdrs: false,
  deny_delete: spec.denyDelete,
  deny_purge: spec.denyPurge,
  compression: "none",
  ...(spec.transform === undefined ? {} : { subject_transform: { src: spec.transform.from, dest: spec.transform.to } }),
  ...(spec.republish === undefined
    ? {}
    : {
        republish: {
          src: spec.republish.from,
          dest: spec.republish.to,
          headers_only: false
        }
      }),
  metadata: { [TOPOLOGY_KEY]: TOPOLOGY_VERSION, ...(epoch === undefined ? {} : { [EPOCH_KEY]: epoch }) }
})

/** A stream as the server has it. */
export interface FoundStream {
  readonly config: FoundConfig
  /** The same with every field this build does not know, so that an update does not drop them. */
  readonly raw: Readonly<Record<string, unknown>>
  readonly lastSeq: number
}

const StreamInfo = Schema.Struct({
  config: Schema.Record(Schema.String, Schema.Unknown),
  state: Schema.Struct({ last_seq: Schema.Natural })
})
const decodeInfo = Schema.decodeUnknownResult(StreamInfo)
const decodeConfig = Schema.decodeUnknownResult(FoundConfig)

/** Reads the answer to `STREAM.INFO`, `STREAM.CREATE` and `STREAM.UPDATE`. */
export const decodeStream = (answer: unknown): Result.Result<FoundStream, Schema.SchemaError> =>
  Result.flatMap(decodeInfo(answer), ({ config: raw, state }) =>
    Result.map(decodeConfig(raw), (config) => ({ config, raw, lastSeq: state.last_seq }))
  )
