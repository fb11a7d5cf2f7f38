import { describe, expect, it } from "vitest"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { LEASE } from "#nats/Topology.ts"
import { storedAs } from "#tests/support/EventFactory.ts"
import { heldPartitions } from "./heldPartitions.ts"
import { leaseTableOf, partitionKey, presenceKey } from "./LeaseTable.ts"

const entry = (key: string, value: unknown, seq = 1): StoredMessage =>
  storedAs({ subject: bucketKey(LEASE, key), data: typeof value === "string" ? value : JSON.stringify(value) }, seq)

const present = (instance: string, leaving = false) => entry(presenceKey(instance), { leaving, avoids: [] })
const lease = (partition: number, holder: string | null) => entry(partitionKey(partition), { holder }, 40 + partition)

describe("heldPartitions", () => {
  it("counts a partition only while its holder is present and staying", () => {
    const entries = [present("a"), present("b", true), lease(1, "a"), lease(2, "b"), lease(3, "gone"), lease(4, null)]
    expect(heldPartitions(entries)).toEqual(new Set([1]))
  })

  it("takes what is no lease for none, and remembers where it stands, so that it can be written over", () => {
    const entries = [present("a"), entry(partitionKey(5), "not json", 9), entry("something.else", {}), lease(1, "a")]
    expect(heldPartitions(entries)).toEqual(new Set([1]))
    expect(leaseTableOf(entries).partitions.get(5)).toEqual({ holder: null, revision: 9 })
  })
})
