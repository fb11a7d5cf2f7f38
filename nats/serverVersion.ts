/** Compares release numbers; a pre-release counts as its release, since only released servers are pinned. */
const numbersOf = (version: string): ReadonlyArray<number> =>
  version.replace(/^v/, "").split(/[-+]/, 1).join("").split(".").map(Number)

/** True if `version` is lower than `minimum`, or is not a release number at all. */
export const isOlderThan = (version: string, minimum: string): boolean => {
  const [have, want] = [numbersOf(version), numbersOf(minimum)]
  if (have.length === 0 || have.some((part) => !Number.isInteger(part))) return true
  for (const [index, part] of want.entries()) {
    const mine = have[index] ?? 0
    if (mine !== part) return mine < part
  }
  return false
}
