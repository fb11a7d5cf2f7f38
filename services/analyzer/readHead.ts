/** The head of a partition of `ANN`, from the stream's leader: never stale. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsError } from "#nats/NatsError.ts"
import { lastFromLeader } from "#nats/read.ts"
import { annotatedPartition } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"
import { type Head, headOf } from "./Head.ts"

export const readHead = (connection: Connection, partition: number): Effect.Effect<Head, NatsError> =>
  Effect.flatMap(lastFromLeader(connection, ANN, annotatedPartition(partition)), (last) => {
    const head = headOf(last)
    return Result.isSuccess(head)
      ? Effect.succeed(head.success)
      : // Going on would answer submissions a second time; somebody has to look at the stream.
        Effect.fail(
          new NatsError({
            operation: `read head of partition ${partition}`,
            reason: "Protocol",
            detail: "its last event carries no checkpoint"
          })
        )
  })
