/** All commands. Each loads its own parts when it is run, so that help and clients start at once. */
import * as Command from "effect/cli/Command"
import { provisionCommand, rebuildCommand } from "./admin/adminCommands.ts"
import { chatCommand } from "./chat/chatCommand.ts"
import { demoCommand } from "./demo/demoCommand.ts"
import { helpCommand } from "./help/helpCommand.ts"
import { analyzerCommand, edgeCommand, projectorCommand } from "./single/partCommands.ts"
import { upCommand } from "./up/upCommand.ts"

const commands = [
  upCommand,
  edgeCommand,
  analyzerCommand,
  projectorCommand,
  provisionCommand,
  rebuildCommand,
  chatCommand,
  demoCommand
] as const

export const attuneCommand = Command.make("attune").pipe(
  Command.withDescription("Chat for peer-support communities, on one replayable log"),
  Command.withSubcommands([...commands, helpCommand(commands)])
)
