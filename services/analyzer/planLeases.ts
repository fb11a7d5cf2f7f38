/**
 * Who should work on which partition: every instance computes the same plan from the same view and acts on its own part
 * of it. Pure. Leases give liveness only; that two instances may act on different views for a moment is harmless,
 * because the fence decides (ADR 0007).
 */
export interface Instance {
  readonly id: string
  /** Partitions it does not want for now: another build may be able to read what it could not. */
  readonly avoids: ReadonlySet<number>
}

export interface LeaseView {
  readonly partitions: number
  /** All living instances, in any order, without those about to leave. */
  readonly instances: ReadonlyArray<Instance>
  /** Which living instance holds a partition. */
  readonly holders: ReadonlyMap<number, string>
}

export interface LeasePlan {
  readonly claim: ReadonlyArray<number>
  readonly release: ReadonlyArray<number>
}

interface Share {
  readonly instance: Instance
  readonly held: ReadonlyArray<number>
  readonly target: number
}

const byLoad = (a: { held: ReadonlyArray<number>; instance: Instance }, b: typeof a): number =>
  b.held.length - a.held.length || (a.instance.id < b.instance.id ? -1 : 1)

/** Who holds most keeps one more where the partitions do not divide evenly: so nothing moves without need. */
const sharesOf = ({ holders, instances, partitions }: LeaseView): ReadonlyArray<Share> => {
  const held = new Map<string, Array<number>>(instances.map(({ id }) => [id, []]))
  for (const [partition, id] of holders) held.get(id)?.push(partition)
  const floor = Math.floor(partitions / Math.max(1, instances.length))
  const spare = partitions - floor * instances.length
  return instances
    .map((instance) => ({ instance, held: (held.get(instance.id) ?? []).toSorted((a, b) => a - b) }))
    .toSorted(byLoad)
    .map((share, rank) => ({ ...share, target: floor + (rank < spare ? 1 : 0) }))
}

/** Deals the free partitions out: to those below their share first, then to whoever does not avoid it. */
const dealOut = (shares: ReadonlyArray<Share>, free: ReadonlyArray<number>): ReadonlyMap<number, string> => {
  const load = new Map(shares.map(({ held, instance }) => [instance.id, held.length]))
  const dealt = new Map<number, string>()
  for (const partition of free) {
    const takers = shares.filter(({ instance }) => !instance.avoids.has(partition))
    const gapOf = ({ instance, target }: Share) => target - (load.get(instance.id) ?? 0)
    const [first, ...rest] = takers
    if (first === undefined) continue
    const taker = rest.reduce((best, share) => (gapOf(share) > gapOf(best) ? share : best), first).instance.id
    dealt.set(partition, taker)
    load.set(taker, (load.get(taker) ?? 0) + 1)
  }
  return dealt
}

/** What `self` should claim and let go of now. */
export const planLeases = (view: LeaseView, self: string): LeasePlan => {
  const shares = sharesOf(view)
  const mine = shares.find(({ instance }) => instance.id === self)
  if (mine === undefined) return { claim: [], release: [] }
  const living = new Set(shares.map(({ instance }) => instance.id))
  const isFree = (partition: number) => !living.has(view.holders.get(partition) ?? "")
  const free = Array.from({ length: view.partitions }, (_, partition) => partition).filter(isFree)
  const claim = [...dealOut(shares, free)].flatMap(([partition, id]) => (id === self ? [partition] : []))

  const unwanted = mine.held.filter((partition) => mine.instance.avoids.has(partition))
  const needy = shares.filter(({ held, target }) => held.length < target)
  const movable = mine.held.filter(
    (partition) => !unwanted.includes(partition) && needy.some(({ instance }) => !instance.avoids.has(partition))
  )
  const excess = Math.max(0, mine.held.length - unwanted.length - mine.target)
  return { claim, release: [...unwanted, ...movable.slice(movable.length - Math.min(excess, movable.length))] }
}
