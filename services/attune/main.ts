/** The one command: `node services/attune/main.ts <command>`. What there is to run stands in attuneCommand.ts. */
// First of all, before any schema is used: decoders become functions of their own, three times as fast.
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { attuneCommand } from "./attuneCommand.ts"
import { runToEnd } from "./runToEnd.ts"
import { version } from "./version.ts"

// The log level is a setting like the others, so the parser's own flag for it is left out.
const cli = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

Command.run(attuneCommand, { version }).pipe(Effect.provide(Layer.merge(NodeServices.layer, cli)), runToEnd)
