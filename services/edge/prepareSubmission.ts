/**
 * All that stands between a readable frame and the store, in this order: somebody will put the message in order, its
 * sender may be in the room, a rate token, the room joined, the author's keys, the seal. The token comes before anything
 * that costs the server something, so that who sends too fast opens no rooms. The first that fails is what the sender is told.
 */
import { randomBytes } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { NONCE_BYTES } from "#libs/crypto/aesGcm.ts"
import { ClientMessageId } from "#libs/domain/ClientMessageId.ts"
import { STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { UUID_V7_RANDOM_BYTES, uuidV7 } from "#libs/domain/uuidV7.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import type { PlainSend } from "#libs/protocol/plainFrame.ts"
import type { ProtocolError } from "#libs/protocol/ProtocolError.ts"
import { type RateDecision, RateLimiter } from "#libs/ratelimit/RateLimiter.ts"
import { Broadcaster, type JoinError } from "#services/broadcaster/Broadcaster.ts"
import { SequencerWatch } from "./SequencerWatch.ts"
import { MAX_ROOMS, type Session } from "./Session.ts"
import { submitMessage } from "./submitMessage.ts"
import type { Submission } from "./Submitter.ts"

export const unavailable = (message: string): ProtocolError => ({ code: "unavailable", message })

const limited = ({ retryAfterMs }: Extract<RateDecision, { _tag: "Limited" }>): ProtocolError => ({
  code: "rate_limited",
  message: `too many messages; the next is admitted in ${retryAfterMs} ms`,
  retryAfterMs
})

const refuse = (error: ProtocolError): Result.Result<Submission, ProtocolError> => Result.fail(error)

/** Puts a session into a room; a session that closed meanwhile is in none afterwards. */
export const enterRoom = (
  broadcaster: Broadcaster["Service"],
  session: Session,
  room: RoomId,
  limit: number
): Effect.Effect<void, JoinError> =>
  Effect.map(broadcaster.join(session.outbox, room, limit), () => {
    session.addRoom(room)
    if (session.closed) broadcaster.leaveAll(session.outbox)
  })

export const makePrepare = Effect.gen(function* () {
  const broadcaster = yield* Broadcaster
  const keyring = yield* Keyring
  const limiter = yield* RateLimiter
  const sequencers = yield* SequencerWatch

  /** Whoever writes in a room is in it, so that their own message reaches them. */
  const joinToWrite = Effect.fnUntraced(function* (session: Session, room: RoomId) {
    if (session.closed || session.isIn(room)) return undefined
    const limit = session.awaited?.room === room ? session.awaited.limit : 0
    const joined = yield* Effect.result(enterRoom(broadcaster, session, room, limit))
    return Result.isFailure(joined) ? unavailable("the room cannot be read now; send it again later") : undefined
  })

  const keysOf = Effect.fnUntraced(function* (user: UserId) {
    const author = yield* keyring.authorOf(user)
    return { author, key: yield* keyring.sealingKey(author, STANDARD_ROOM_CLASS) }
  })

  return Effect.fnUntraced(function* (session: Session, send: PlainSend) {
    if (!sequencers.covers(send.room)) {
      return refuse(unavailable("nobody puts messages in order now; it was not stored, send it again later"))
    }
    if (!session.isIn(send.room) && session.hasMaxRooms()) {
      const message = `this connection is in ${MAX_ROOMS} rooms; use another one for more`
      return refuse({ code: "forbidden", message })
    }
    const decision = yield* Effect.result(limiter.take(keyring.rateKeyOf(send.user)))
    if (Result.isFailure(decision)) return refuse(unavailable("rates cannot be checked now; send it again later"))
    if (decision.success._tag === "Limited") return refuse(limited(decision.success))
    const unjoined = yield* joinToWrite(session, send.room)
    if (unjoined !== undefined) return refuse(unjoined)
    const keys = yield* Effect.result(keysOf(send.user))
    if (Result.isFailure(keys)) {
      if (!keys.failure.retryable) yield* Effect.logError("a key cannot be used", keys.failure.reason)
      return refuse(unavailable("keys are out of reach; send it again later"))
    }
    const now = yield* Clock.currentTimeMillis
    return Result.succeed(
      submitMessage(send, {
        ...keys.success,
        clientId: send.clientId ?? ClientMessageId.make(uuidV7(now, randomBytes(UUID_V7_RANDOM_BYTES))),
        now,
        nonce: randomBytes(NONCE_BYTES)
      })
    )
  })
})
