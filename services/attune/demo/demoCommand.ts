/** `attune demo`: the command line of the demo player. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import { urlFlag } from "../urlFlag.ts"

const count = (name: string, fallback: number, maximum: number, meaning: string) =>
  Flag.Int(name).pipe(
    Flag.withDescription(`${meaning} (default: ${fallback})`),
    Flag.withDefault(fallback),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum })))
  )

export const demoCommand = Command.make(
  "demo",
  {
    file: Argument.String("FILE").pipe(
      Argument.withDescription("Messages: a table (.tsv), JSON lines with a text (.jsonl), or plain lines")
    ),
    users: count("users", 8, 1_000, "How many users speak"),
    rooms: count("rooms", 5, 1_000, "In how many rooms"),
    rate: count("rate", 100, 100_000, "Messages a second, all users together, as far as the rate limit lets them"),
    url: urlFlag
  },
  (options) =>
    Effect.flatMap(
      Effect.promise(() => import("./demo.ts")),
      ({ demo }) => demo(options)
    )
).pipe(
  Command.withDescription("Play a file of messages as several users, and count what arrives"),
  Command.withExamples([{ command: "npm run demo -- messages.tsv --users 8 --rooms 5 --rate 100" }])
)
