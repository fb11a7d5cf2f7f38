/** The flags of a command that takes settings, made from the table, and what is read from them and the environment. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { decodeSettings, type Settings, type SettingsInvalid } from "#libs/config/decodeSettings.ts"
import { defaultOf, type Setting, type SettingUser } from "#libs/config/Setting.ts"
import { settings } from "#libs/config/settings.ts"
import { layerLogs } from "#libs/telemetry/Telemetry.ts"

const table: ReadonlyArray<readonly [string, Setting<unknown>]> = Object.entries(settings)

/** Texts as they were typed: all of them are judged together with the environment, not one by one by the parser. */
type TypedFlags = Readonly<Record<string, Option.Option<string>>>

/** A flag for each setting that means something to `user`. */
export const settingFlags = (user: SettingUser): Readonly<Record<string, Flag.Flag<Option.Option<string>>>> =>
  Object.fromEntries(
    table
      .filter(([, { usedBy }]) => usedBy.includes(user))
      .map(([name, setting]) => [
        name,
        Flag.String(setting.flag).pipe(
          Flag.withMetavar("VALUE"),
          Flag.withDescription(`${setting.meaning} [${setting.env}; default: ${defaultOf(setting)}]`),
          Flag.optional
        )
      ])
  )

const typedTexts = (flags: TypedFlags): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, text]) => Option.toArray(text).map((given) => [name, given]))
  )

/** Reads the settings and runs `body` with them, logging as they say. */
export const withSettings =
  <E, R>(body: (settings: Settings) => Effect.Effect<void, E, R>) =>
  (flags: TypedFlags): Effect.Effect<void, E | SettingsInvalid, R> =>
    Effect.fromResult(decodeSettings(process.env, typedTexts(flags))).pipe(
      Effect.flatMap((read) =>
        body(read).pipe(
          Effect.provide(
            layerLogs({
              level: read.logLevel,
              format: read.logFormat ?? (process.stderr.isTTY ? "pretty" : "json")
            })
          )
        )
      )
    )
