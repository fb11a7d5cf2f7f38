/** Settings that are each right and wrong together: what needs, and what excludes, another. Pure. */
import { type SettingName, settings } from "./settings.ts"

const pairs: ReadonlyArray<readonly [SettingName, SettingName]> = [
  ["natsUser", "natsPassword"],
  ["natsCert", "natsKey"]
]

const alternatives: ReadonlyArray<ReadonlyArray<SettingName>> = [
  ["natsUser", "natsToken", "natsCredsFile"],
  ["masterKey", "masterKeyFile"]
]

/** They say how to reach an operator's own NATS, so without its address something was forgotten. */
const ofOwnNats: ReadonlyArray<SettingName> = [
  "natsUser",
  "natsPassword",
  "natsToken",
  "natsCredsFile",
  "natsRolesFile",
  "natsCa",
  "natsCert",
  "natsKey",
  "natsMonitorUrl"
]

const name = (setting: SettingName): string => settings[setting].env

/** One sentence for each conflict among the values that were given, by the settings' names. */
export const conflictsOf = (values: Readonly<Record<string, unknown>>): ReadonlyArray<string> => {
  const given = (setting: SettingName) => values[setting] !== undefined
  const problems: Array<string> = []
  for (const [one, other] of pairs) {
    if (given(one) !== given(other)) {
      const [present, missing] = given(one) ? [one, other] : [other, one]
      problems.push(`${name(present)} needs ${name(missing)} beside it`)
    }
  }
  for (const group of alternatives) {
    const present = group.filter(given).map(name)
    if (present.length > 1) problems.push(`${present.join(" and ")} exclude each other: give one`)
  }
  if (!given("natsUrl")) {
    const present = ofOwnNats.filter(given).map(name)
    if (present.length > 0)
      problems.push(`${present.join(", ")}: meant for your own NATS, but ATTUNE_NATS_URL is not set`)
    if (given("natsReplicas") && values["natsReplicas"] !== 1) {
      problems.push("ATTUNE_NATS_REPLICAS above 1 needs a cluster of your own, but ATTUNE_NATS_URL is not set")
    }
  }
  return problems
}
