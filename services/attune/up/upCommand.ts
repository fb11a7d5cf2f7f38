/** `attune up`. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { settingFlags, withSettings } from "../settingFlags.ts"

export const upCommand = Command.make(
  "up",
  settingFlags("up"),
  withSettings((settings) =>
    Effect.flatMap(
      Effect.promise(() => import("./up.ts")),
      ({ up }) => up(settings)
    )
  )
).pipe(
  Command.withDescription("Run everything in this process, with an embedded broker unless you have your own"),
  Command.withExamples([{ command: "npm start" }, { command: "ATTUNE_PORT=0 npm start" }])
)
