/**
 * A conversation in a terminal: history first, then what is said, and what one says oneself. Lines are sent one after
 * the other, so that they keep their order; what cannot be sent now waits and is sent when it can be.
 */
import { randomUUID } from "node:crypto"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { openPlainClient } from "#libs/plainClient/PlainClient.ts"
import type { ConnectionRefused, PlainClientEvent } from "#libs/plainClient/PlainClientEvent.ts"
import { renderMessage } from "./renderMessage.ts"
import { openScreen, type Screen } from "./Screen.ts"

export interface ChatOptions {
  readonly url: string
  readonly room: RoomId
  readonly user: UserId
  readonly limit: number
}

/** The input ended, and some of its lines were refused for good. */
export class LinesRefused extends Data.TaggedError("LinesRefused")<{ readonly count: number }> {
  readonly retryable = false
  override get message(): string {
    return `${this.count} ${this.count === 1 ? "line was" : "lines were"} refused and not sent`
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`

const show = (screen: Screen, { room, url, user }: ChatOptions) => {
  return (event: PlainClientEvent): void => {
    switch (event._tag) {
      case "Connected":
        return screen.note(`# in ${room} as ${user}`)
      case "Away":
        return screen.note(`# no connection to ${url} (${event.reason}); trying again in ${seconds(event.retryInMs)}`)
      case "Message":
        // History of the room, read again after a reconnection, is on the screen already.
        return event.repeated
          ? undefined
          : screen.print(renderMessage(event.message, { colours: screen.colours, user }))
      case "SendsAgain":
        return screen.note(`# ${event.error.code}: ${event.error.message}; sent again in ${seconds(event.inMs)}`)
      case "ServerError":
        return screen.note(`! ${event.error.code}: ${event.error.message}`)
      case "Unreadable":
        return screen.note("! the server said something that this client does not understand")
    }
  }
}

/** Runs until the input ends and everything in it was answered, or the server refuses this client. */
export const chat = (options: ChatOptions): Effect.Effect<void, ConnectionRefused | LinesRefused> =>
  Effect.gen(function* () {
    const screen = yield* openScreen
    const client = yield* openPlainClient({ ...options, on: show(screen, options) })

    const conversation = Effect.gen(function* () {
      let refused = 0
      while (true) {
        const line = yield* Effect.exit(Queue.take(screen.lines))
        if (Exit.isFailure(line)) return refused
        if (line.value.trim() === "") continue
        screen.showPending(1 + Queue.sizeUnsafe(screen.lines))
        const sent = yield* Effect.result(client.send(options.room, line.value, randomUUID()))
        if (Result.isFailure(sent)) {
          refused += 1
          screen.note(`! not sent: ${sent.failure.message}`)
        }
        screen.showPending(0)
      }
    })
    const refused = yield* Effect.raceFirst(conversation, client.refused)
    // A person has seen it and answered; a script is told by the exit code.
    const isTold = refused > 0 && !process.stdin.isTTY
    return yield* isTold ? new LinesRefused({ count: refused }) : Effect.void
  }).pipe(Effect.scoped)
