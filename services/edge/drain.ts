/**
 * How an edge ends: it is already not ready and refuses who comes; what is under way gets its outcome and its way back to
 * the sender; then everybody is told to come back elsewhere. Within two seconds, whatever the clients do.
 */
import type { Server } from "node:http"
import * as Effect from "effect/Effect"
import { stopListening } from "./listen.ts"
import type { Sessions } from "./Sessions.ts"

export interface Draining {
  readonly server: Server
  readonly sessions: Sessions
  readonly submitsInFlight: () => number
  /** From here on the edge takes nothing new. */
  readonly begin: () => void
}

const FINISH_WITHIN = "1200 millis"
/** For what was just acknowledged to come back as the sender's own message. */
const LINGER = "200 millis"
const GOODBYE_WITHIN = "500 millis"
const LOOK_EVERY = "10 millis"

const until = (condition: () => boolean, within: string & Parameters<typeof Effect.sleep>[0]) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(LOOK_EVERY)
  }).pipe(Effect.timeoutOption(within), Effect.asVoid)

export const drain = ({ begin, server, sessions, submitsInFlight }: Draining): Effect.Effect<void> =>
  Effect.gen(function* () {
    begin()
    const open = sessions.size
    yield* until(() => submitsInFlight() === 0 && sessions.areSettled(), FINISH_WITHIN)
    if (open > 0) yield* Effect.sleep(LINGER)
    sessions.closeAll()
    yield* until(() => sessions.size === 0, GOODBYE_WITHIN)
    sessions.terminateAll()
    yield* stopListening(server)
    yield* Effect.logInfo("edge stopped").pipe(Effect.annotateLogs({ connections: open }))
  })
