/**
 * How a stream differs from what it must be, and which of it may be put right in place. A difference is safe when
 * changing it loses no stored message and breaks no promise already given; all others are left for a person.
 */
import * as Struct from "effect/Struct"
import type { FoundConfig } from "./StreamConfig.ts"
import { EPOCH_KEY, TOPOLOGY_KEY, WRITES_BEHIND } from "./StreamConfig.ts"

export interface Difference {
  readonly field: string
  readonly wanted: string
  readonly found: string
}

export interface Drift {
  /** What an update can put right. */
  readonly safe: ReadonlyArray<Difference>
  /** What it must not touch. */
  readonly unsafe: ReadonlyArray<Difference>
}

const METADATA_KEYS = [EPOCH_KEY, TOPOLOGY_KEY] as const

/** Whether a difference may be changed in place. */
type Judge = (wanted: FoundConfig, found: FoundConfig) => boolean
type Numbers = "max_age" | "max_msgs_per_subject" | "duplicate_window"
type Flags =
  | "discard_new_per_subject"
  | "allow_direct"
  | "allow_atomic"
  | "allow_msg_ttl"
  | "deny_delete"
  | "deny_purge"

const always: Judge = () => true
const never: Judge = () => false
const keepsLittle = ({ storage, persist_mode }: FoundConfig) => storage === "memory" || persist_mode === WRITES_BEHIND
/** What may be lost at a restart anyway, as wanted and as found. */
const shortLived: Judge = (wanted, found) => keepsLittle(wanted) && keepsLittle(found)

const limit = (value: number | undefined): number =>
  value === undefined || value <= 0 ? Number.POSITIVE_INFINITY : value

/** A limit that is raised drops nothing; short-lived entries may go at any restart. Zero and less mean "none". */
const widened =
  (field: Numbers): Judge =>
  (wanted, found) =>
    shortLived(wanted, found) || limit(wanted[field]) >= limit(found[field])
const grown =
  (field: Numbers): Judge =>
  (wanted, found) =>
    shortLived(wanted, found) || (wanted[field] ?? 0) >= (found[field] ?? 0)
const switchedOn =
  (field: Flags): Judge =>
  (wanted) =>
    wanted[field] === true

type Field = Exclude<keyof FoundConfig, "name" | "metadata">

const rules: Readonly<Record<Field, Judge>> = {
  description: always,
  // Other subjects, another retention or another transform change what the sequences mean.
  subjects: never,
  subject_transform: never,
  retention: never,
  storage: never,
  // The server replicates nothing that it writes behind.
  num_replicas: (wanted, found) => found.persist_mode !== WRITES_BEHIND && wanted.num_replicas > found.num_replicas,
  // The server refuses to change it.
  max_consumers: never,
  // Limits of an operator's own, by which the stream refuses when it is full.
  max_msgs: never,
  max_bytes: never,
  max_age: widened("max_age"),
  max_msg_size: always,
  max_msgs_per_subject: widened("max_msgs_per_subject"),
  discard: always,
  discard_new_per_subject: switchedOn("discard_new_per_subject"),
  // Forgetting ids sooner would let an old retry in twice.
  duplicate_window: grown("duplicate_window"),
  allow_direct: switchedOn("allow_direct"),
  allow_atomic: switchedOn("allow_atomic"),
  allow_msg_ttl: switchedOn("allow_msg_ttl"),
  allow_rollup_hdrs: always,
  deny_delete: switchedOn("deny_delete"),
  deny_purge: switchedOn("deny_purge"),
  sealed: never,
  mirror: never,
  sources: never,
  persist_mode: never,
  compression: always,
  republish: always
}

/** The server leaves out what is off, empty or its default. */
const OFF: Partial<Record<keyof FoundConfig, unknown>> = {
  description: "",
  subjects: [],
  discard_new_per_subject: false,
  allow_direct: false,
  allow_atomic: false,
  allow_msg_ttl: false,
  allow_rollup_hdrs: false,
  deny_delete: false,
  deny_purge: false,
  sealed: false,
  persist_mode: "default",
  compression: "none"
}

const plain = (field: keyof FoundConfig, config: FoundConfig): string => {
  const value = field === "republish" ? republishOf(config) : (config[field] ?? OFF[field])
  return value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value)
}

const republishOf = ({ republish }: FoundConfig): object | undefined =>
  republish === undefined
    ? undefined
    : { src: republish.src, dest: republish.dest, headers_only: republish.headers_only ?? false }

const fields: ReadonlyArray<Field> = Struct.keys(rules)

const metadataDifferences = (wanted: FoundConfig, found: FoundConfig): Drift => {
  const safe: Array<Difference> = []
  const unsafe: Array<Difference> = []
  for (const key of METADATA_KEYS) {
    const [want, have] = [wanted.metadata?.[key], found.metadata?.[key]]
    if (want === undefined || want === have) continue
    const difference = { field: `metadata.${key}`, wanted: want, found: have ?? "none" }
    // An epoch, once given, is somebody's cursor; a newer topology is a newer build's business.
    const mayChange = have === undefined || (key === TOPOLOGY_KEY && Number(have) < Number(want))
    ;(mayChange ? safe : unsafe).push(difference)
  }
  return { safe, unsafe }
}

/** All differences between a stream as wanted and as found, apart by whether they may be changed. */
export const driftOf = (wanted: FoundConfig, found: FoundConfig): Drift => {
  const { safe, unsafe } = metadataDifferences(wanted, found)
  const newer = unsafe.some(({ field }) => field === `metadata.${TOPOLOGY_KEY}`)
  const differences = fields
    .map((field) => ({ field, wanted: plain(field, wanted), found: plain(field, found) }))
    .filter((difference) => difference.wanted !== difference.found)
  // Two builds side by side in a rolling deploy must not undo each other's topology.
  if (newer) return { safe: [], unsafe: [...unsafe, ...safe, ...differences] }
  return {
    safe: [...safe, ...differences.filter(({ field }) => rules[field](wanted, found))],
    unsafe: [...unsafe, ...differences.filter(({ field }) => !rules[field](wanted, found))]
  }
}

/** What an update must set to put the safe differences right; all else stays as the server has it. */
export const patchOf = (
  wanted: FoundConfig,
  found: FoundConfig,
  { safe }: Drift
): Readonly<Record<string, unknown>> => {
  const changed = new Set(safe.map(({ field }) => field))
  const mended = fields.filter((field) => changed.has(field))
  const metadata = METADATA_KEYS.filter((key) => changed.has(`metadata.${key}`)).map((key) => [
    key,
    wanted.metadata?.[key]
  ])
  return {
    ...Object.fromEntries(mended.map((field) => [field, wanted[field]])),
    metadata: { ...found.metadata, ...Object.fromEntries(metadata) }
  }
}
