/** A room's name. The pattern makes it safe as one token of a NATS subject and as part of a file or a metric. */
import * as Schema from "effect/Schema"

export const RoomId = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/)).pipe(Schema.brand("RoomId"))
export type RoomId = typeof RoomId.Type

export const isRoomId = Schema.is(RoomId)
