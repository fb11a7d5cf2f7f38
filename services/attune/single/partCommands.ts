/** `attune edge`, `attune analyzer` and `attune projector`. */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import { settingFlags, withSettings } from "../settingFlags.ts"

const parts = Effect.promise(() => import("./runPart.ts"))

export const edgeCommand = Command.make(
  "edge",
  settingFlags("edge"),
  withSettings((settings) => Effect.flatMap(parts, ({ runEdge }) => runEdge(settings)))
).pipe(Command.withDescription("Run one edge with its broadcaster: sockets in, sockets out"))

export const analyzerCommand = Command.make(
  "analyzer",
  settingFlags("analyzer"),
  withSettings((settings) => Effect.flatMap(parts, ({ runAnalyzer }) => runAnalyzer(settings)))
).pipe(Command.withDescription("Run one analyzer; several share the partitions"))

export const projectorCommand = Command.make(
  "projector",
  settingFlags("projector"),
  withSettings((settings) => Effect.flatMap(parts, ({ runProjector }) => runProjector(settings)))
).pipe(Command.withDescription("Run one projector with a read model of its own (ATTUNE_HISTORY_FILE)"))
