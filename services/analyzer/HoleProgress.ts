/**
 * How far the search for holes has come, kept beside the leases so that its next keeper need not begin at the first
 * event. It goes with the broker's memory: after a restart everything is looked at again, which is what one wants then.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { lastFromLeader } from "#nats/read.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { bucketStream, LEASE } from "#nats/Topology.ts"

const HoleProgress = Schema.Struct({
  epoch: Schema.String,
  /** Every submission up to here is answered. */
  base: Schema.Natural,
  /** No event of `ANN` up to here answers a submission beyond the base. */
  scanned: Schema.Natural
})
export type HoleProgress = typeof HoleProgress.Type

const SUBJECT = bucketKey(LEASE, "checked")
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(HoleProgress))

/** The progress noted in this epoch; none: begin at the beginning. */
export const readProgress = (connection: Connection, epoch: string): Effect.Effect<HoleProgress, NatsError> =>
  Effect.map(lastFromLeader(connection, bucketStream(LEASE), SUBJECT), (entry) => {
    const none = { epoch, base: 0, scanned: 0 }
    if (Option.isNone(entry)) return none
    const noted = decode(Buffer.from(entry.value.data).toString("utf8"))
    return Result.isSuccess(noted) && noted.success.epoch === epoch ? noted.success : none
  })

export const noteProgress = (connection: Connection, progress: HoleProgress): Effect.Effect<void, NatsError> =>
  Effect.asVoid(publish(connection, { subject: SUBJECT, data: JSON.stringify(progress) }))
