/** One workload measured once, against the gateway and against its floor beside it. */
export interface RunResult {
  /** Figures by name; the unit stands in the name. */
  readonly figures: Readonly<Record<string, number>>
  /** What a member got wrongly: any entry makes the whole bench fail. */
  readonly faults: ReadonlyArray<string>
}

export interface Workload {
  readonly name: string
  /** One paired run: floor and gateway one after the other, so that both see the same machine. */
  readonly run: (options: { readonly quick: boolean }) => Promise<RunResult>
  /** Figures to print as ratios: name, numerator, denominator, and the bound the project has set itself. */
  readonly ratios: ReadonlyArray<{
    readonly name: string
    readonly of: string
    readonly to: string
    readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
  }>
  /** Figures with a bound of their own. */
  readonly goals: Readonly<Record<string, { readonly atLeast: number }>>
}
