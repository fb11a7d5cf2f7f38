import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { driftOf, patchOf } from "./drift.ts"
import type { FoundConfig } from "./StreamConfig.ts"
import { configOf, EPOCH_KEY, TOPOLOGY_KEY } from "./StreamConfig.ts"
import { bucketStream, KEYS, RATE_MESSAGE, SUB, topology } from "./Topology.ts"

const specs = topology({ replicas: 1, messageRate: { maxEvents: 20, perSeconds: 10 } })
const wantedOf = (name: string, epoch?: string): FoundConfig => {
  const spec = specs.find((candidate) => candidate.name === name)
  if (spec === undefined) throw new Error(`no stream ${name}`)
  return configOf(spec, epoch)
}
const fieldsOf = (differences: ReadonlyArray<{ readonly field: string }>) => differences.map(({ field }) => field)
const judge = (wanted: FoundConfig, change: Partial<FoundConfig>) => {
  const { safe, unsafe } = driftOf(wanted, { ...wanted, ...change })
  return { safe: fieldsOf(safe), unsafe: fieldsOf(unsafe) }
}
const sub = wantedOf(SUB)
const keys = wantedOf(bucketStream(KEYS))
const rate = wantedOf(bucketStream(RATE_MESSAGE))

describe("the difference between a stream as wanted and as found", () => {
  it("is nothing for a stream that the server reports without what is off", () => {
    const { sealed: _s, allow_rollup_hdrs: _r, allow_msg_ttl: _t, discard_new_per_subject: _d, ...found } = sub
    const bare = { ...found, metadata: { ...found.metadata, "_nats.level": "2" }, persist_mode: "default" }
    expect(driftOf(sub, bare)).toEqual({ safe: [], unsafe: [] })
  })

  it.each<[string, FoundConfig, Partial<FoundConfig>, "safe" | "unsafe"]>([
    ["another transform", sub, { subject_transform: { src: "chat.*.*", dest: "sub.0.{{wildcard(2)}}" } }, "unsafe"],
    ["other subjects", sub, { subjects: ["chat.>"] }, "unsafe"],
    ["another retention", sub, { retention: "workqueue" }, "unsafe"],
    ["another storage", sub, { storage: "memory" }, "unsafe"],
    ["an operator's own limit of bytes", sub, { max_bytes: 5 }, "unsafe"],
    ["a stream that only mirrors", sub, { mirror: { name: "OTHER" } }, "unsafe"],
    ["replicas of what is written behind", { ...rate, num_replicas: 3 }, { num_replicas: 1 }, "unsafe"],
    ["too few replicas", { ...sub, num_replicas: 3 }, { num_replicas: 1 }, "safe"],
    ["more replicas than wanted", sub, { num_replicas: 3 }, "unsafe"],
    ["a longer memory for ids", sub, { duplicate_window: 10 ** 15 }, "unsafe"],
    ["a shorter memory for ids", sub, { duplicate_window: 1 }, "safe"],
    ["an age after which messages go", sub, { max_age: 10 ** 15 }, "safe"],
    ["deletes that are allowed", sub, { deny_delete: false }, "safe"],
    ["no direct reads", sub, { allow_direct: false }, "safe"],
    ["roll-ups that are allowed", sub, { allow_rollup_hdrs: true }, "safe"],
    ["dropping the old instead of refusing the new", sub, { discard: "old" }, "safe"],
    ["more entries a key, in a file", keys, { max_msgs_per_subject: 2 }, "unsafe"],
    ["keys that may be overwritten", keys, { discard_new_per_subject: false }, "safe"],
    ["a higher limit, short-lived", rate, { max_msgs_per_subject: 50 }, "safe"],
    ["a lower limit, short-lived", rate, { max_msgs_per_subject: 5 }, "safe"],
    ["a longer window, short-lived", rate, { max_age: 10 ** 15 }, "safe"]
  ])("judges %s", (_, wanted, change, verdict) => {
    const fields = Object.keys(change)
    expect(judge(wanted, change)).toEqual({ safe: [], unsafe: [], [verdict]: fields })
  })

  it("gives an epoch to a stream that has none and never changes one", () => {
    const wanted = wantedOf(SUB, "new")
    const { [EPOCH_KEY]: _, ...without } = wanted.metadata ?? {}
    expect(judge(wanted, { metadata: without })).toEqual({ safe: [`metadata.${EPOCH_KEY}`], unsafe: [] })
    const other = { ...wanted.metadata, [EPOCH_KEY]: "old" }
    expect(judge(wanted, { metadata: other })).toEqual({ safe: [], unsafe: [`metadata.${EPOCH_KEY}`] })
  })

  it("leaves a stream alone that a newer build has provisioned", () => {
    const newer = { metadata: { [TOPOLOGY_KEY]: "999" }, description: "newer" }
    expect(judge(sub, newer)).toEqual({ safe: [], unsafe: [`metadata.${TOPOLOGY_KEY}`, "description"] })
  })
})

describe("the patch", () => {
  it("leaves only the unsafe differences, whatever was found", () => {
    const change = fc.record(
      {
        description: fc.string(),
        max_age: fc.nat(),
        max_msgs_per_subject: fc.integer({ min: -1, max: 50 }),
        duplicate_window: fc.nat(),
        allow_direct: fc.boolean(),
        deny_purge: fc.boolean(),
        num_replicas: fc.constantFrom(1, 3),
        metadata: fc.dictionary(fc.constantFrom(EPOCH_KEY, TOPOLOGY_KEY, "other"), fc.constantFrom("0", "1", "x"))
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(fc.constantFrom(sub, keys, rate, wantedOf(SUB, "e")), change, (wanted, changed) => {
        const found: FoundConfig = { ...wanted, ...changed }
        const drift = driftOf(wanted, found)
        const after: FoundConfig = { ...found, ...patchOf(wanted, found, drift) }
        expect(driftOf(wanted, after)).toEqual({ safe: [], unsafe: drift.unsafe })
        expect(after.metadata?.["other"]).toBe(found.metadata?.["other"])
      })
    )
  })
})

const storageOf = (replicas: 1 | 3) =>
  topology({ replicas, messageRate: { maxEvents: 20, perSeconds: 10 } }).map((spec) => {
    const { name, storage, persist_mode } = configOf(spec)
    return [name, persist_mode === undefined ? storage : `${storage}, ${persist_mode}`]
  })

describe("where short-lived entries are kept", () => {
  it("is never where the log and the keys are: those are written before they are acknowledged", () => {
    const lasting = { SUB: "file", ANN: "file", KV_KEYS: "file" }
    expect(Object.fromEntries(storageOf(1))).toEqual({
      ...lasting,
      KV_LEASE: "file, async",
      KV_RATE_message: "file, async"
    })
    expect(Object.fromEntries(storageOf(3))).toEqual({ ...lasting, KV_LEASE: "memory", KV_RATE_message: "memory" })
  })
})
