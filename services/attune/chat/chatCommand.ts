/** `attune chat`: the command line of the terminal client. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { RoomId } from "#libs/domain/RoomId.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { MAX_PAGE_EVENTS } from "#libs/history/HistoryProtocol.ts"
import { urlFlag } from "../urlFlag.ts"

const Limit = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_PAGE_EVENTS }))

export const chatCommand = Command.make(
  "chat",
  {
    room: Flag.String("room").pipe(
      Flag.withDescription("Room to talk in, 1 to 64 of A-Z a-z 0-9 _ - (default: lobby)"),
      Flag.withDefault("lobby"),
      Flag.withSchema(RoomId)
    ),
    user: Flag.String("user").pipe(Flag.withDescription("Your name in the room"), Flag.withSchema(UserId)),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("How many earlier messages to show (default: 50)"),
      Flag.withDefault(50),
      Flag.withSchema(Limit)
    ),
    url: urlFlag
  },
  (options) =>
    Effect.flatMap(
      Effect.promise(() => import("./chat.ts")),
      ({ chat }) => chat(options)
    )
).pipe(
  Command.withDescription("Talk in a room from this terminal"),
  Command.withExamples([{ command: "npm run chat -- --room lobby --user ana" }])
)
