/**
 * Who may say and hear what on the broker: one user per role with least privilege, as data (ADR 0002). The
 * embedded server's configuration is made from it; an operator's own NATS needs the same rights.
 */
import { inboxPrefix } from "#nats/Subjects.ts"

export const Roles = ["provisioner", "edge", "analyzer", "projector", "system"] as const

/** A part of Attune that has its own broker user. */
export type Role = (typeof Roles)[number]

/**
 * The account a role lives in: the streams' own, the edges', or the broker's for monitoring.
 *
 * Edges have one of their own because a permission to publish does not look at the reply subject: in the streams'
 * account an edge could ask the broker for anything "to be answered at `ann.0.r`", and the broker would store its own
 * answer there. Between accounts an answer ends where the question came from, and there no stream listens.
 */
export type BrokerAccount = "ATTUNE" | "EDGE" | "SYS"

export interface RolePermissions {
  readonly account: BrokerAccount
  readonly publish: ReadonlyArray<string>
  readonly subscribe: ReadonlyArray<string>
  /** May answer a request it has received, once and within 30 s, wherever the asker wants the answer. */
  readonly mayReply: boolean
}

/** The only inbox a role may listen on, so that no role reads another's answers. */
const inboxOf = (role: Role): string => `${inboxPrefix(role)}.>`

const directGet = (streams: ReadonlyArray<string>): ReadonlyArray<string> =>
  streams.flatMap((stream) => [`$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`])

const leaderGet = (streams: ReadonlyArray<string>): ReadonlyArray<string> =>
  streams.map((stream) => `$JS.API.STREAM.MSG.GET.${stream}`)

const orderedConsumer = (streams: ReadonlyArray<string>): ReadonlyArray<string> =>
  streams.flatMap((stream) => [
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`
  ])

const information: ReadonlyArray<string> = ["$JS.API.INFO", "$JS.API.STREAM.INFO.*"]

export const rolePermissions: Readonly<Record<Role, RolePermissions>> = {
  provisioner: {
    account: "ATTUNE",
    publish: ["$JS.API.>", "$KV.>"],
    subscribe: [inboxOf("provisioner")],
    mayReply: false
  },
  edge: {
    account: "EDGE",
    publish: [
      "chat.message.*",
      "$KV.RATE_message.*",
      "$KV.KEYS.>",
      "history.>",
      ...information,
      ...directGet(["KV_RATE_message", "KV_KEYS", "KV_LEASE", "SUB", "ANN"]),
      ...leaderGet(["ANN", "SUB", "KV_KEYS"])
    ],
    subscribe: [inboxOf("edge"), "live.*"],
    mayReply: false
  },
  analyzer: {
    account: "ATTUNE",
    publish: [
      "ann.*.*",
      "$KV.LEASE.>",
      "$KV.KEYS.>",
      ...information,
      ...directGet(["SUB", "ANN", "KV_LEASE", "KV_KEYS"]),
      ...leaderGet(["ANN", "SUB", "KV_LEASE", "KV_KEYS"])
    ],
    subscribe: [inboxOf("analyzer"), "wake.*"],
    mayReply: false
  },
  projector: {
    account: "ATTUNE",
    publish: [
      ...information,
      ...directGet(["ANN", "KV_KEYS"]),
      ...leaderGet(["ANN", "KV_KEYS"]),
      ...orderedConsumer(["ANN"])
    ],
    subscribe: [inboxOf("projector"), "history.>"],
    mayReply: true
  },
  system: {
    account: "SYS",
    publish: ["$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.SERVER.PING.VARZ"],
    subscribe: [inboxOf("system")],
    mayReply: false
  }
}
