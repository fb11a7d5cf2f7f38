/** What a plain-mode client asks for in its address: `?room_id=R[&user_id=U][&limit=50]`. */
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { MAX_PAGE_EVENTS } from "#libs/history/HistoryProtocol.ts"
import { decodeField } from "./decodeField.ts"
import { roomField, userField } from "./fields.ts"
import type { ProtocolError } from "./ProtocolError.ts"

const DEFAULT_LIMIT = 50

export interface PlainAddress {
  /** The room to join at once. */
  readonly room: RoomId
  /** How many of the room's newest messages to send first; 0: none. */
  readonly limit: number
  /** Who speaks in frames that do not say so themselves. */
  readonly user?: UserId
}

const decodeLimit = (value: string | null): Result.Result<number, ProtocolError> => {
  const limit = value === null ? DEFAULT_LIMIT : Number(value)
  return Number.isInteger(limit) && limit >= 0 && limit <= MAX_PAGE_EVENTS && value !== ""
    ? Result.succeed(limit)
    : Result.fail({ code: "invalid_frame", message: `limit must be a whole number from 0 to ${MAX_PAGE_EVENTS}` })
}

/** Reads the query of an address. On failure nothing is joined, and the socket still takes frames. */
export const decodePlainAddress = (query: URLSearchParams): Result.Result<PlainAddress, ProtocolError> => {
  const room = decodeField(roomField, query.get("room_id") ?? undefined)
  if (Result.isFailure(room)) return Result.fail(room.failure)
  const named = query.get("user_id")
  const user = named === null ? undefined : decodeField(userField, named)
  if (user !== undefined && Result.isFailure(user)) return Result.fail(user.failure)
  const limit = decodeLimit(query.get("limit"))
  if (Result.isFailure(limit)) return Result.fail(limit.failure)
  return Result.succeed({
    room: room.success,
    limit: limit.success,
    ...(user === undefined ? {} : { user: user.success })
  })
}
