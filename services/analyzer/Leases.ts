/**
 * This instance's part in the `LEASE` bucket: shows that it is alive, claims partitions, lets go of them. Whoever loses a
 * race for a partition is refused by the broker, so two instances never both believe that they have just claimed it.
 */
import * as Effect from "effect/Effect"
import {
  type LeaseTable,
  partitionKey,
  type PartitionLease,
  type Presence,
  presenceKey,
  readLeases
} from "#libs/leases/LeaseTable.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { LEASE, LEASE_TTL_SECONDS } from "#nats/Topology.ts"

const TIMEOUT = { timeoutMs: 1_500 }

export interface Leases {
  readonly read: Effect.Effect<LeaseTable, NatsError>
  /** Shows that this instance is alive, for the next three seconds; one that is leaving is forgotten after one. */
  readonly show: (presence: Presence) => Effect.Effect<void, NatsError>
  /** Takes a partition whose entry it has seen as `revision` (0: none); false if another was quicker. */
  readonly claim: (partition: number, revision: number) => Effect.Effect<boolean, NatsError>
  /** Lets a partition go; false if its entry has changed since. */
  readonly release: (partition: number, revision: number) => Effect.Effect<boolean, NatsError>
}

export const makeLeases = (connection: Connection, instance: string): Leases => {
  const write = (partition: number, lease: PartitionLease, revision: number) =>
    publish(
      connection,
      {
        subject: bucketKey(LEASE, partitionKey(partition)),
        data: JSON.stringify(lease),
        headers: { "Nats-Expected-Last-Subject-Sequence": String(revision) }
      },
      TIMEOUT
    ).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error.reason === "WrongLastSequence",
        () => Effect.succeed(false)
      )
    )
  return {
    read: readLeases(connection),
    show: (presence) =>
      Effect.asVoid(
        publish(
          connection,
          {
            subject: bucketKey(LEASE, presenceKey(instance)),
            data: JSON.stringify(presence),
            headers: { "Nats-TTL": presence.leaving ? "1s" : `${LEASE_TTL_SECONDS}s` }
          },
          TIMEOUT
        )
      ),
    claim: (partition, revision) => write(partition, { holder: instance }, revision),
    release: (partition, revision) => write(partition, { holder: null }, revision)
  }
}
