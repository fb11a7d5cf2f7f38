/**
 * Reads all settings at once from the environment and the command's flags, so that everything that is wrong is told
 * together: unknown names, values that are not allowed, settings that need or exclude one another. Pure.
 */
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { conflictsOf } from "./conflictsOf.ts"
import { nearestName } from "./nearestName.ts"
import type { OptionalSetting, Setting, SettingWithDefault } from "./Setting.ts"
import { type SettingName, settings } from "./settings.ts"

type ValueOf<S> = S extends SettingWithDefault<infer A> ? A : S extends OptionalSetting<infer A> ? A | undefined : never

/** Every setting's value; secrets are `Redacted`. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> }

/** Texts of flags, by the setting's name; what is not there was not given. */
export type FlagTexts = Partial<Readonly<Record<SettingName, string>>>

/** All that is wrong with the settings, one sentence each; never a secret's value. */
export class SettingsInvalid extends Data.TaggedError("SettingsInvalid")<{
  readonly problems: ReadonlyArray<string>
}> {
  readonly retryable = false
  override get message(): string {
    return this.problems.length === 1
      ? `a setting is wrong: ${this.problems.join("")}`
      : `${this.problems.length} settings are wrong:${this.problems.map((problem) => `\n  ${problem}`).join("")}`
  }
}

const table: ReadonlyArray<readonly [string, Setting<unknown>]> = Object.entries(settings)
const knownNames = table.map(([, { env }]) => env)

const unknownNames = (env: NodeJS.ProcessEnv): ReadonlyArray<string> =>
  Object.keys(env)
    .filter((name) => name.startsWith("ATTUNE_") && !knownNames.includes(name))
    .map((name) => {
      const near = nearestName(name, knownNames)
      return `${name} is not a setting${near === undefined ? "" : `; did you mean ${near}?`}`
    })

interface Source {
  readonly name: string
  readonly text: string
}

const sourceOf = (
  name: string,
  setting: Setting<unknown>,
  env: NodeJS.ProcessEnv,
  flags: FlagTexts
): Source | undefined => {
  const flag = Object.entries(flags).find(([key]) => key === name)?.[1]
  if (flag !== undefined) return { name: `--${setting.flag}`, text: flag }
  // An empty variable is the usual way to unset one.
  const text = env[setting.env]
  if (text !== undefined && text !== "") return { name: setting.env, text }
  return "fallback" in setting ? { name: setting.env, text: setting.fallback } : undefined
}

const readAll = (env: NodeJS.ProcessEnv, flags: FlagTexts) => {
  const values: Record<string, unknown> = {}
  const problems: Array<string> = []
  for (const [name, setting] of table) {
    const source = sourceOf(name, setting, env, flags)
    if (source === undefined) continue
    const read = Schema.decodeResult(setting.schema)(source.text)
    if (Result.isSuccess(read)) values[name] = read.success
    else {
      const value = setting.secret === true ? "its value" : JSON.stringify(source.text)
      problems.push(`${source.name}: ${value} is not ${setting.allowed}`)
    }
  }
  return { values, problems }
}

/** Each value stands under its own setting's name and was read by its schema; what is checked is that none is missing. */
const isWhole = (values: Readonly<Record<string, unknown>>): values is Settings =>
  table.every(([name, setting]) => !("fallback" in setting) || name in values)

/** All settings, or all problems. A flag wins over its variable; an empty variable counts as not given. */
export const decodeSettings = (env: NodeJS.ProcessEnv, flags: FlagTexts): Result.Result<Settings, SettingsInvalid> => {
  const { problems, values } = readAll(env, flags)
  const all = [...unknownNames(env), ...problems, ...conflictsOf(values)]
  return all.length === 0 && isWhole(values)
    ? Result.succeed(values)
    : Result.fail(new SettingsInvalid({ problems: all }))
}
