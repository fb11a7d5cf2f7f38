import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Instance, type LeaseView, planLeases } from "./planLeases.ts"

const PARTITIONS = 32

/** What the table looks like after everybody has done what their plan says; of two claims the first wins. */
const settle = (view: LeaseView): LeaseView => {
  const holders = new Map(view.holders)
  const plans = view.instances.map(({ id }) => ({ id, ...planLeases(view, id) }))
  for (const { release } of plans) for (const partition of release) holders.delete(partition)
  for (const { claim, id } of plans)
    for (const partition of claim) if (!holders.has(partition)) holders.set(partition, id)
  return { ...view, holders }
}
const settled = (view: LeaseView, rounds = 6): LeaseView =>
  Array.from({ length: rounds }).reduce<LeaseView>(settle, view)

const loads = ({ holders, instances }: LeaseView): ReadonlyArray<number> =>
  instances.map(({ id }) => [...holders.values()].filter((holder) => holder === id).length)

const instance = (id: string, avoids: ReadonlyArray<number> = []): Instance => ({ id, avoids: new Set(avoids) })

const views = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom<string>("a", "b", "c", "d", "e", "f"), { minLength: 1 }),
    fc.array(fc.option(fc.constantFrom<string>("a", "b", "c", "gone"), { nil: undefined }), {
      minLength: PARTITIONS,
      maxLength: PARTITIONS
    })
  )
  .map(([ids, held]): LeaseView => {
    const holders = new Map<number, string>()
    for (const [partition, id] of held.entries()) if (id !== undefined && ids.includes(id)) holders.set(partition, id)
    return { partitions: PARTITIONS, instances: ids.map((id) => instance(id)), holders }
  })

describe("planLeases", () => {
  it("covers every partition, and gives each instance a fair share within one, from any beginning", () => {
    fc.assert(
      fc.property(views, (view) => {
        const after = settled(view)
        expect(after.holders.size).toBe(PARTITIONS)
        expect(Math.max(...loads(after)) - Math.min(...loads(after))).toBeLessThanOrEqual(1)
      })
    )
  })

  it("leaves everything as it is once it is fair", () => {
    fc.assert(
      fc.property(views, (view) => {
        const after = settled(view)
        for (const { id } of after.instances) expect(planLeases(after, id)).toEqual({ claim: [], release: [] })
      })
    )
  })

  it("never lets two instances claim the same partition from the same view", () => {
    fc.assert(
      fc.property(views, (view) => {
        const claims = view.instances.flatMap(({ id }) => planLeases(view, id).claim)
        expect(new Set(claims).size).toBe(claims.length)
      })
    )
  })

  it("moves no more partitions than a newcomer needs", () => {
    const alone = settled({ partitions: PARTITIONS, instances: [instance("a"), instance("b")], holders: new Map() })
    const joined = { ...alone, instances: [...alone.instances, instance("c")] }
    const released = joined.instances.flatMap(({ id }) => planLeases(joined, id).release)
    expect(released).toHaveLength(10)
  })

  it("leaves a partition that one instance cannot read to another, although that makes it hold more", () => {
    const [a, b] = [instance("a", [5]), instance("b")]
    const after = settled({ partitions: PARTITIONS, instances: [a, b], holders: new Map([[5, "a"]]) })
    expect(after.holders.get(5)).toBe("b")
    expect(after.holders.size).toBe(PARTITIONS)
    expect(loads(after)).toEqual([16, 16])
  })

  it("leaves a partition that nobody can read to nobody", () => {
    const after = settled({ partitions: PARTITIONS, instances: [instance("a", [5])], holders: new Map([[5, "a"]]) })
    expect(after.holders.has(5)).toBe(false)
    expect(after.holders.size).toBe(PARTITIONS - 1)
  })
})
