/**
 * Who works on which partition, as the `LEASE` bucket says: an instance's presence, which lapses unless renewed, and a
 * partition's holder, which counts only as long as that instance is present. Liveness only, never safety (ADR 0007).
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { directGet } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { bucketKey, keyOfBucket } from "#nats/Subjects.ts"
import { bucketStream, LEASE } from "#nats/Topology.ts"

/** The key of an instance's presence. Written without an expectation: nobody else writes it. */
export const presenceKey = (instance: string): string => `i.${instance}`
/** The key of a partition's holder. Written only on top of the entry its writer has seen. */
export const partitionKey = (partition: number): string => `p.${partition}`

export const Presence = Schema.Struct({
  /** On its way out: it holds nothing any more. */
  leaving: Schema.Boolean,
  /** Partitions it leaves to others for now. */
  avoids: Schema.Array(Schema.Natural)
})
export type Presence = typeof Presence.Type

/** The holder of a partition; none once it was let go of. */
export const PartitionLease = Schema.Struct({ holder: Schema.NullOr(Schema.String) })
export type PartitionLease = typeof PartitionLease.Type

export interface LeaseTable {
  readonly instances: ReadonlyMap<string, Presence>
  readonly partitions: ReadonlyMap<number, PartitionLease & { readonly revision: number }>
}

const readPresence = Schema.decodeUnknownResult(Presence)
const readLease = Schema.decodeUnknownResult(PartitionLease)

const parse = (data: Uint8Array): unknown =>
  Result.getOrElse(
    Result.try((): unknown => JSON.parse(Buffer.from(data).toString("utf8"))),
    () => undefined
  )

/** The table that the bucket's entries stand for. What is not an entry of ours is left out: it leases nothing. */
export const leaseTableOf = (entries: ReadonlyArray<StoredMessage>): LeaseTable => {
  const instances = new Map<string, Presence>()
  const partitions = new Map<number, PartitionLease & { readonly revision: number }>()
  for (const { data, seq, subject } of entries) {
    const [kind, name = ""] = keyOfBucket(LEASE, subject).split(".")
    if (kind === "i") {
      const presence = readPresence(parse(data))
      if (Result.isSuccess(presence)) instances.set(name, presence.success)
    } else if (kind === "p") {
      const lease = readLease(parse(data))
      partitions.set(Number(name), { holder: Result.isSuccess(lease) ? lease.success.holder : null, revision: seq })
    }
  }
  return { instances, partitions }
}

/** Which present instance holds a partition. */
export const holdersOf = ({ instances, partitions }: LeaseTable): ReadonlyMap<number, string> => {
  const holders = new Map<number, string>()
  for (const [partition, { holder }] of partitions) {
    if (holder !== null && instances.get(holder)?.leaving === false) holders.set(partition, holder)
  }
  return holders
}

/** Reads the whole table in one request. */
export const readLeases = (connection: Connection): Effect.Effect<LeaseTable, NatsError> =>
  Effect.map(directGet(connection, bucketStream(LEASE), { multi_last: [bucketKey(LEASE, ">")] }), leaseTableOf)
