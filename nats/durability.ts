/**
 * What an acknowledgement of this broker is worth (invariant I1): on disk, on disk within an interval, or nobody could say.
 * The server's setting is not in what it tells clients; its `jsz` report has it. Reading it: readDurability.ts.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { NatsError } from "./NatsError.ts"

export type Durability =
  /** Every server with JetStream syncs before it acknowledges. */
  | { readonly _tag: "always" }
  /** At least one acknowledges first and syncs within this many milliseconds. */
  | { readonly _tag: "interval"; readonly milliseconds: number }
  /** Not every server could be asked. */
  | { readonly _tag: "unverified"; readonly reason: string }

/** What the operator settles for. */
export type AcceptedDurability = "always" | "weaker" | "unverified"

/** One server's `jsz?config=true`. A server without JetStream says that it is disabled. */
export const JetStreamReport = Schema.Struct({
  server_id: Schema.optionalKey(Schema.String),
  disabled: Schema.optionalKey(Schema.Boolean),
  config: Schema.optionalKey(
    Schema.Struct({
      sync_always: Schema.optionalKey(Schema.Boolean),
      sync_interval: Schema.optionalKey(Schema.Natural)
    })
  ),
  meta_cluster: Schema.optionalKey(Schema.Struct({ cluster_size: Schema.optionalKey(Schema.Natural) }))
})
export type JetStreamReport = typeof JetStreamReport.Type

/** The server's own default, when a report names no interval. */
const DEFAULT_INTERVAL_MS = 2 * 60_000
const NANOSECONDS = 1_000_000

const storing = (reports: ReadonlyArray<JetStreamReport>): ReadonlyArray<JetStreamReport> => {
  const seen = new Map<string, JetStreamReport>()
  for (const [index, report] of reports.entries()) {
    if (report.disabled !== true) seen.set(report.server_id ?? String(index), report)
  }
  return [...seen.values()]
}

/** True once every server that stores has reported: asking longer can bring nothing new. */
export const isComplete = (reports: ReadonlyArray<JetStreamReport>): boolean => {
  const servers = storing(reports)
  const size = Math.max(1, ...servers.map(({ meta_cluster }) => meta_cluster?.cluster_size ?? 1))
  return servers.length >= size
}

/** The worst that any server says. A known interval weighs more than a server that did not answer. */
export const durabilityOf = (reports: ReadonlyArray<JetStreamReport>): Durability => {
  const servers = storing(reports)
  const intervals = servers.flatMap(({ config }) =>
    config === undefined || config.sync_always === true
      ? []
      : [config.sync_interval === undefined ? DEFAULT_INTERVAL_MS : config.sync_interval / NANOSECONDS]
  )
  if (intervals.length > 0) return { _tag: "interval", milliseconds: Math.max(...intervals) }
  if (servers.length === 0) return { _tag: "unverified", reason: "no server with JetStream reported" }
  if (servers.some(({ config }) => config === undefined)) {
    return { _tag: "unverified", reason: "a server reported no configuration" }
  }
  return isComplete(servers) ? { _tag: "always" } : { _tag: "unverified", reason: "not every server reported" }
}

const refuse = (detail: string) =>
  Result.fail(new NatsError({ operation: "check durability", reason: "NotDurable", detail }))

/**
 * Whether to go on with a broker. "unverified" lets an operator vouch for a setting that cannot be read, but not for one
 * that was read and is weaker; "weaker" takes any, since what cannot be read is at worst weaker.
 */
export const acceptDurability = (verdict: Durability, accepted: AcceptedDurability): Result.Result<void, NatsError> => {
  if (verdict._tag === "always" || accepted === "weaker") return Result.succeed(undefined)
  if (verdict._tag === "interval") {
    return refuse(
      `the server syncs every ${verdict.milliseconds} ms, not before it acknowledges; set sync_interval to always`
    )
  }
  return accepted === "unverified"
    ? Result.succeed(undefined)
    : refuse(`it could not be read whether the server syncs before it acknowledges: ${verdict.reason}`)
}
