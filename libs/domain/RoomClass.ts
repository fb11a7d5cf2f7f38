/** A room's class decides how long its keys live and who sees its scores. Every open room is `standard`. */
import * as Schema from "effect/Schema"

export const RoomClass = Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,32}$/)).pipe(Schema.brand("RoomClass"))
export type RoomClass = typeof RoomClass.Type

export const STANDARD_ROOM_CLASS: RoomClass = RoomClass.make("standard")
