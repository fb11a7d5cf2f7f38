/** What one setting is: its two names, what it accepts, what it means. The table of all of them is settings.ts. */
import type * as Schema from "effect/Schema"

/** The commands that take settings; each offers a setting as a flag only where the setting means something. */
export type SettingUser = "up" | "edge" | "analyzer" | "projector" | "provision" | "rebuild"

interface SettingText {
  readonly env: string
  /** The flag without its two hyphens. */
  readonly flag: string
  /** What is accepted, as it is told to who wrote something else. */
  readonly allowed: string
  /** One or two sentences for help and operations.md. */
  readonly meaning: string
  readonly usedBy: ReadonlyArray<SettingUser>
  /** Its value is, or may contain, a secret: it is never printed, not even when it is refused. */
  readonly secret?: true
}

/** Reads text of the environment or of the command line; what it answers is what the program works with. */
type SettingSchema<A> = Schema.Codec<A, string>

/** A setting that always has a value: `fallback`, in the form a person would write it, when nobody gives one. */
export interface SettingWithDefault<A> extends SettingText {
  readonly fallback: string
  readonly schema: SettingSchema<A>
}

/** A setting that may be left out; `absent` says in words what then holds. */
export interface OptionalSetting<A> extends SettingText {
  readonly absent: string
  readonly schema: SettingSchema<A>
}

export type Setting<A> = SettingWithDefault<A> | OptionalSetting<A>

/** What help and documentation show in the column "default". */
export const defaultOf = (setting: Setting<unknown>): string =>
  "fallback" in setting ? setting.fallback : setting.absent
