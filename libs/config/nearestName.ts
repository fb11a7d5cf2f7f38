/** Guesses which name was meant. Pure. */

/** The fewest letters to add, drop or replace to make one word of the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** More wrong letters than this, and the guess would be noise. */
const CLOSE = 2

/** The closest of `names`, if any is close. */
export const nearestName = (name: string, names: ReadonlyArray<string>): string | undefined => {
  const ranked = names.map((known) => ({ known, far: distance(name, known) })).toSorted((a, b) => a.far - b.far)
  const best = ranked[0]
  return best !== undefined && best.far <= CLOSE ? best.known : undefined
}
