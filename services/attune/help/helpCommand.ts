/** `attune help`: what can be run, and every setting with its meaning. */
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import { settingsHelp } from "#libs/config/describeSettings.ts"

interface Named {
  readonly name: string
  readonly description: string | undefined
}

const helpText = (commands: ReadonlyArray<Named>): string => {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ description = "", name }) => `  ${name.padEnd(width)}  ${description}`)
  return `Attune: chat for peer-support communities, on one replayable log.

Usage: attune <command> [--flag VALUE ...]     attune <command> --help tells a command's flags

Commands:
${lines.join("\n")}

Settings (each a variable of the environment and a flag of the commands that use it; the flag wins):
${settingsHelp()}

Try: npm start, then in two other terminals: npm run chat -- --room lobby --user ana`
}

const help = { name: "help", description: "Show all commands and all settings" } satisfies Named

export const helpCommand = (commands: ReadonlyArray<Named>) =>
  Command.make("help", {}, () => Console.log(helpText([...commands, help]))).pipe(
    Command.withDescription(help.description)
  )
