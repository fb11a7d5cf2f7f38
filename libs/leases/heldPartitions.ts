/** Which partitions somebody works on, for whoever must know whether a message stored now would be put in order soon. */
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { holdersOf, leaseTableOf } from "./LeaseTable.ts"

/** `entries`: the last entry of every key of the `LEASE` bucket. */
export const heldPartitions = (entries: ReadonlyArray<StoredMessage>): ReadonlySet<number> =>
  new Set(holdersOf(leaseTableOf(entries)).keys())
