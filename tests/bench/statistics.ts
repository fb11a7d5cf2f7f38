/** Order statistics of measurements; an empty list has none. */
const sorted = (values: ReadonlyArray<number>): Float64Array => Float64Array.from(values).toSorted()

/** The value below which `percent` of the values lie (nearest rank). */
export const percentile = (values: ReadonlyArray<number>, percent: number): number => {
  const ordered = sorted(values)
  const rank = Math.min(ordered.length - 1, Math.max(0, Math.ceil((percent / 100) * ordered.length) - 1))
  return ordered[rank] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => percentile(values, 50)

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values)
})
