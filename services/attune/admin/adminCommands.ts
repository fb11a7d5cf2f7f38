/** `attune provision` and `attune rebuild`. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { settingFlags, withSettings } from "../settingFlags.ts"

export const provisionCommand = Command.make(
  "provision",
  settingFlags("provision"),
  withSettings((settings) =>
    Effect.flatMap(
      Effect.promise(() => import("./provisionBroker.ts")),
      ({ provisionBroker }) => provisionBroker(settings)
    )
  )
).pipe(Command.withDescription("Make the broker match the topology; exit code 2 when something differs and is left"))

export const rebuildCommand = Command.make(
  "rebuild",
  settingFlags("rebuild"),
  withSettings((settings) =>
    Effect.flatMap(
      Effect.promise(() => import("./rebuildHistory.ts")),
      ({ rebuildHistory }) => rebuildHistory(settings)
    )
  )
).pipe(Command.withDescription("Fill the read model anew from the log"))
