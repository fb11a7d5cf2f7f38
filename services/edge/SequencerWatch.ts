/**
 * Watches whether somebody works on each partition, by reading the leases each second: a message that nobody would put
 * in order must not be stored (invariant I11). A view that cannot be refreshed ages like one that shows nobody.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { forkForever } from "#libs/telemetry/Supervision.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import { heldPartitions } from "#libs/leases/heldPartitions.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { directGet } from "#nats/read.ts"
import { bucketKey, partitionOf } from "#nats/Subjects.ts"
import { bucketStream, LEASE, PARTITIONS } from "#nats/Topology.ts"
import { abandoned, isCovered, observe, uncovered } from "./Coverage.ts"

const LOOK_EVERY = "1 second"

export class SequencerWatch extends Context.Service<
  SequencerWatch,
  {
    /** True if a message stored now for this room would be put in order soon. */
    readonly covers: (room: RoomId) => boolean
    /** Partitions that nobody has worked on for 10 s. */
    readonly abandoned: () => ReadonlyArray<number>
  }
>()("attune/edge/SequencerWatch") {
  static readonly layer = Layer.effect(
    SequencerWatch,
    Effect.gen(function* () {
      const connection = yield* NatsConnection
      let coverage = uncovered(PARTITIONS)
      const look = directGet(connection, bucketStream(LEASE), { multi_last: [bucketKey(LEASE, ">")] }).pipe(
        Effect.map((entries) => {
          coverage = observe(coverage, heldPartitions(entries), performance.now())
        }),
        // The view ages by itself: after 10 s of this nothing is covered, which readiness tells.
        Effect.catchTag("NatsError", ({ message }) => Effect.logDebug("the leases could not be read", message))
      )
      yield* look
      yield* look.pipe(Effect.delay(LOOK_EVERY), Effect.forever, forkForever("the watch over sequencers"))
      return SequencerWatch.of({
        covers: (room) => isCovered(coverage, partitionOf(room), performance.now()),
        abandoned: () => abandoned(coverage, performance.now())
      })
    })
  )
}
