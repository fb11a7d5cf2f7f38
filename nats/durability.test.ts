import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import type { AcceptedDurability, Durability, JetStreamReport } from "./durability.ts"
import { acceptDurability, durabilityOf, isComplete } from "./durability.ts"

const always = (id: string, size?: number): JetStreamReport => ({
  server_id: id,
  config: { sync_always: true, sync_interval: 120_000_000_000 },
  ...(size === undefined ? {} : { meta_cluster: { cluster_size: size } })
})
const everySecond = (id: string, size?: number): JetStreamReport => ({
  ...always(id, size),
  config: { sync_interval: 1_000_000_000 }
})
const disabled: JetStreamReport = { server_id: "d", disabled: true }

describe("what the servers' reports add up to", () => {
  it.each<[string, ReadonlyArray<JetStreamReport>, Durability["_tag"]]>([
    ["a single server that always syncs", [always("a")], "always"],
    ["a whole cluster that always syncs", [always("a", 3), always("b", 3), always("c", 3)], "always"],
    ["servers without JetStream beside it", [disabled, always("a")], "always"],
    ["one server of three that does not", [always("a", 3), everySecond("b", 3), always("c", 3)], "interval"],
    ["a known interval and a silent server", [everySecond("a", 3), always("b", 3)], "interval"],
    ["a silent server", [always("a", 3), always("b", 3)], "unverified"],
    ["the same server twice", [always("a", 2), always("a", 2)], "unverified"],
    ["a report without the configuration", [{ server_id: "a" }], "unverified"],
    ["only servers without JetStream", [disabled], "unverified"],
    ["nothing", [], "unverified"]
  ])("is right for %s", (_, reports, verdict) => {
    expect(durabilityOf(reports)._tag).toBe(verdict)
  })

  it("is the longest interval", () => {
    const slow = { ...everySecond("b", 2), config: {} }
    expect(durabilityOf([everySecond("a", 2), slow])).toEqual({ _tag: "interval", milliseconds: 120_000 })
  })

  it("is complete as soon as every server that stores has reported", () => {
    expect(isComplete([disabled])).toBe(false)
    expect(isComplete([always("a", 2), disabled])).toBe(false)
    expect(isComplete([always("a", 2), disabled, always("b", 2)])).toBe(true)
  })
})

describe("accepting a broker", () => {
  const verdicts: Readonly<Record<Durability["_tag"], Durability>> = {
    always: { _tag: "always" },
    interval: { _tag: "interval", milliseconds: 1_000 },
    unverified: { _tag: "unverified", reason: "no answer" }
  }
  it.each<[AcceptedDurability, ReadonlyArray<Durability["_tag"]>]>([
    ["always", ["always"]],
    ["unverified", ["always", "unverified"]],
    ["weaker", ["always", "interval", "unverified"]]
  ])("takes, when %s is settled for, only %j", (accepted, taken) => {
    const outcome = Object.values(verdicts).filter((verdict) => Result.isSuccess(acceptDurability(verdict, accepted)))
    expect(outcome.map(({ _tag }) => _tag)).toEqual(taken)
  })

  it("says what to set when it refuses", () => {
    expect(acceptDurability(verdicts.interval, "always")).toMatchObject({
      failure: {
        reason: "NotDurable",
        retryable: false,
        message: expect.stringContaining("set sync_interval to always")
      }
    })
  })
})
