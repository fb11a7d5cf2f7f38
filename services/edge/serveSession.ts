/**
 * What becomes of a client's commands. A session's commands are taken one after another up to the hand-over to the store,
 * which keeps each room's order from there; a slow room does not hold up the others. A fiber exists only while there is
 * something to do. Next: prepareSubmission.ts, for the way of a message.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { decodePlainFrame, type PlainSend } from "#libs/protocol/plainFrame.ts"
import type { ProtocolError } from "#libs/protocol/ProtocolError.ts"
import { Broadcaster } from "#services/broadcaster/Broadcaster.ts"
import { countFrame, METRICS, submitMilliseconds } from "./metrics.ts"
import { enterRoom, makePrepare, unavailable } from "./prepareSubmission.ts"
import type { FrameCommand, JoinCommand, Session } from "./Session.ts"
import { refusals } from "./submitMessage.ts"
import { type Submission, Submitter } from "./Submitter.ts"

/** Starts a fiber, at once, that lives at most as long as the edge. */
export type Fork = (effect: Effect.Effect<void>) => void

/** Between two tries to join the room of the address, in milliseconds, doubled each time up to the longest. */
const REJOIN_FIRST_MS = 250
const REJOIN_LONGEST_MS = 5_000

const refuse = (session: Session, error: ProtocolError, send?: PlainSend): void => {
  countFrame(error.code)
  session.tell(send?.clientId === undefined ? error : { ...error, clientId: send.clientId })
}

/** A defect costs the command it happened in, never the session. */
const settling = (session: Session, effect: Effect.Effect<void>): Effect.Effect<void> =>
  effect.pipe(
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.void
      refuse(session, { code: "internal", message: "a fault of the server; it was written down" })
      return Effect.logError("a command of a client failed", cause)
    }),
    Effect.ensuring(Effect.sync(() => session.settle()))
  )

/** Makes the function that takes a session's commands; the answers go out by the session's own way. */
export const makeServe = (fork: Fork, isDraining: () => boolean) =>
  Effect.gen(function* () {
    const broadcaster = yield* Broadcaster
    const submitter = yield* Submitter
    const prepare = yield* makePrepare

    /** Puts the session into the room its address named, and goes on trying: the client has no other way to ask. */
    const join = Effect.fnUntraced(function* (session: Session, command: JoinCommand) {
      // Writing in the room may have joined it meanwhile.
      if (session.closed || session.isIn(command.room)) return
      session.awaited = command
      const joined = yield* Effect.result(enterRoom(broadcaster, session, command.room, command.limit))
      if (Result.isSuccess(joined)) return
      if (command.tries === 0) session.tell(unavailable("the room cannot be read now; joining it is tried again"))
      const most = Math.min(REJOIN_LONGEST_MS, REJOIN_FIRST_MS * 2 ** command.tries)
      const again = Effect.sync(() => receive(session, { ...command, tries: command.tries + 1 }))
      fork(Effect.delay(again, most * (0.5 + 0.5 * (yield* Random.next))))
    })

    const store = Effect.fnUntraced(function* (
      session: Session,
      submission: Submission,
      frame: FrameCommand,
      send: PlainSend
    ) {
      const outcome = yield* submitter.submit(submission)
      submitMilliseconds.updateUnsafe(performance.now() - frame.arrivedAt, METRICS)
      const refusal = refusals[outcome]
      if (refusal !== undefined) {
        refuse(session, refusal, send)
        return
      }
      countFrame(outcome === "repeated" ? "repeated" : "accepted")
      if (outcome === "repeated" && !session.closed) {
        const repeated = yield* Effect.result(broadcaster.repeat(session.outbox, send.room, submission.eventId))
        // It is stored, which history shows; only this short cut is closed now.
        if (Result.isFailure(repeated)) session.tell(unavailable("stored before; it cannot be shown again now"))
      }
    })

    const answer = Effect.fnUntraced(function* (session: Session, frame: FrameCommand) {
      const decoded = decodePlainFrame(frame.data, frame.isBinary, session.user)
      if (Result.isFailure(decoded)) {
        refuse(session, decoded.failure)
        return
      }
      const send = decoded.success
      if (isDraining()) {
        refuse(session, unavailable("the server is stopping; connect again and send it again"), send)
        return
      }
      const submission = yield* prepare(session, send)
      if (Result.isFailure(submission)) {
        refuse(session, submission.failure, send)
        return
      }
      // Not waited for: the store keeps the order.
      session.expect()
      fork(settling(session, store(session, submission.success, frame, send)))
    })

    const work = Effect.fnUntraced(function* (session: Session) {
      for (let command = session.next(); command !== undefined; command = session.next()) {
        yield* settling(session, command._tag === "Join" ? join(session, command) : answer(session, command))
      }
    })

    const receive = (session: Session, command: FrameCommand | JoinCommand): void => {
      if (session.push(command)) fork(work(session))
    }
    return receive
  })
