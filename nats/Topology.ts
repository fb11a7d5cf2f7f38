/**
 * All streams and buckets, as data: what they hold, what they promise, who may never do what. Services neither create
 * nor change any of it; `provision` makes a server match, and reports where one differs.
 */

/** Fixed for the life of the streams: changing it would move rooms between partitions and break their order. */
export const PARTITIONS = 32

/** The oldest server that keeps every promise this topology makes (durability price and sync fixes, ADR 0003). */
export const MINIMUM_SERVER_VERSION = "2.15.1"

/** Raised with every change of what is below; a server provisioned by a newer build is left alone. */
export const TOPOLOGY_VERSION = "1"

export const SUB = "SUB"
export const ANN = "ANN"
export const KEYS = "KEYS"
export const LEASE = "LEASE"
/** The one rule there is today: messages a user. */
export const RATE_MESSAGE = "RATE_message"

/** The stream behind a bucket. */
export const bucketStream = (bucket: string): string => `KV_${bucket}`

/** How long the broker remembers the ids of submissions. */
export const DUPLICATE_WINDOW_MS = 10 * 60_000
/** A lease that is not renewed is gone after this. */
export const LEASE_TTL_SECONDS = 3

export const SUB_MAX_BYTES = 32 * 1024
export const ANN_MAX_BYTES = 64 * 1024

/** The limit that the provisioned rate bucket enforces: at most `maxEvents` in any window of `perSeconds`. */
export interface RateRule {
  readonly maxEvents: number
  readonly perSeconds: number
}

/** What an operator may choose of the topology. */
export interface TopologyOptions {
  readonly replicas: 1 | 3 | 5
  readonly messageRate: RateRule
}

/** A stream as it must be. Durations in milliseconds; the names of the fields are this project's, not the broker's. */
export interface StreamSpec {
  readonly name: string
  readonly description: string
  readonly subjects: ReadonlyArray<string>
  readonly storage: "file" | "memory"
  /** Acknowledges before it writes: only for what a crash of the broker may lose (ADR 0004). */
  readonly writesBehind: boolean
  readonly replicas: number
  readonly transform?: { readonly from: string; readonly to: string }
  readonly republish?: { readonly from: string; readonly to: string }
  readonly maxMessageBytes: number
  readonly maxMessagesPerSubject?: number
  /** Refuse what would exceed `maxMessagesPerSubject`, instead of dropping the oldest. */
  readonly refuseNewPerSubject: boolean
  readonly maxAgeMs?: number
  readonly duplicateWindowMs: number
  readonly atomicBatches: boolean
  readonly messageTtl: boolean
  readonly denyDelete: boolean
  readonly denyPurge: boolean
  readonly maxConsumers: number
}

const SECOND = 1_000
/** The server's own default, for streams whose ids nobody repeats. */
const SHORT_WINDOW_MS = 2 * 60 * SECOND

const permanent = {
  storage: "file",
  writesBehind: false,
  denyDelete: true,
  denyPurge: true,
  messageTtl: false
} as const
/**
 * Where what lasts seconds is kept. A cluster keeps it in memory. A single server forgets its memory streams when it
 * restarts, even that they existed, so it keeps them in files that it writes behind, without syncing.
 */
const shortLived = (replicas: number) =>
  replicas === 1
    ? ({ storage: "file", writesBehind: true } as const)
    : ({ storage: "memory", writesBehind: false } as const)
const bucket = {
  refuseNewPerSubject: false,
  atomicBatches: false,
  messageTtl: false,
  denyDelete: false,
  denyPurge: false,
  maxConsumers: 1_000
} as const

export const topology = ({ replicas, messageRate }: TopologyOptions): ReadonlyArray<StreamSpec> => [
  {
    ...permanent,
    name: SUB,
    description: "Everything that asks to enter a room's history, in the order the broker stored it",
    subjects: ["chat.*.*"],
    replicas,
    transform: { from: "chat.*.*", to: `sub.{{partition(${PARTITIONS},2)}}.{{wildcard(2)}}.{{wildcard(1)}}` },
    republish: { from: "sub.*.*.*", to: "wake.{{wildcard(1)}}" },
    maxMessageBytes: SUB_MAX_BYTES,
    refuseNewPerSubject: false,
    duplicateWindowMs: DUPLICATE_WINDOW_MS,
    atomicBatches: true,
    maxConsumers: 100
  },
  {
    ...permanent,
    name: ANN,
    description: "What happened, in order: the events readers see",
    subjects: ["ann.*.*"],
    replicas,
    republish: { from: "ann.*.*", to: "live.{{wildcard(2)}}" },
    maxMessageBytes: ANN_MAX_BYTES,
    refuseNewPerSubject: false,
    duplicateWindowMs: SHORT_WINDOW_MS,
    atomicBatches: true,
    maxConsumers: 1_000
  },
  {
    ...bucket,
    name: bucketStream(KEYS),
    description: "Authors' pseudonyms and wrapped data keys; an entry, once written, cannot be overwritten",
    subjects: [`$KV.${KEYS}.>`],
    storage: "file",
    writesBehind: false,
    replicas,
    maxMessageBytes: 4 * 1024,
    maxMessagesPerSubject: 1,
    refuseNewPerSubject: true,
    duplicateWindowMs: SHORT_WINDOW_MS
  },
  {
    ...bucket,
    name: bucketStream(LEASE),
    description: "Which analyzer works on which partition: liveness only, never safety",
    subjects: [`$KV.${LEASE}.>`],
    ...shortLived(replicas),
    replicas,
    maxMessageBytes: 1024,
    maxMessagesPerSubject: 1,
    messageTtl: true,
    duplicateWindowMs: SHORT_WINDOW_MS
  },
  {
    ...bucket,
    name: bucketStream(RATE_MESSAGE),
    description: "A sliding window a user: each entry is one admitted message, the window is the entries' age",
    subjects: [`$KV.${RATE_MESSAGE}.*`],
    ...shortLived(replicas),
    replicas,
    maxMessageBytes: 1024,
    maxMessagesPerSubject: messageRate.maxEvents,
    refuseNewPerSubject: true,
    maxAgeMs: messageRate.perSeconds * SECOND,
    // A window longer than the entries' age is refused by the server.
    duplicateWindowMs: Math.min(SECOND, messageRate.perSeconds * SECOND)
  }
]
