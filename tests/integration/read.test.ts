import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import type { DirectQuery } from "#nats/read.ts"
import { atFromLeader, directGet, lastFromLeader } from "#nats/read.ts"
import { annotatedPartition, annotatedSubject, partitionOf } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

const decodeVarz = Schema.decodeUnknownSync(Schema.Struct({ data: Schema.Struct({ subscriptions: Schema.Natural }) }))
const [lobby, other, empty] = ["lobby", "other", "empty"].map((name) => annotatedSubject(RoomId.make(name)))
const COUNT = 20

let broker: Broker
let reader: Connection
beforeAll(async () => {
  broker = await startBroker()
  reader = await broker.connectAs("projector")
  const writer = await broker.connectAs("analyzer")
  for (let n = 1; n <= COUNT; n++) {
    const subject = (n % 2 === 1 ? lobby : other) ?? ""
    await Effect.runPromise(publish(writer, { subject, data: `text ${n}`, headers: { "Event-Id": `e${n}` } }))
  }
})
afterAll(() => broker.stop())

const get = (query: DirectQuery) => Effect.runPromise(directGet(reader, ANN, query))
const seqsOf = async (query: DirectQuery) => (await get(query)).map(({ seq }) => seq)

describe("a direct get", () => {
  it("gives a range in order, with all that was stored", async () => {
    const messages = await get({ seq: 5, batch: 3 })
    expect(messages.map(({ seq }) => seq)).toEqual([5, 6, 7])
    const [first] = messages
    expect(first?.subject).toBe(lobby)
    expect(first?.headers.get("Event-Id")).toBe("e5")
    expect(Buffer.from(first?.data ?? []).toString()).toBe("text 5")
    expect(Math.abs((first?.storedAt ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  it("gives what there is when more is asked for, and nothing beyond the end", async () => {
    expect(await seqsOf({ seq: 18, batch: 100 })).toEqual([18, 19, 20])
    expect(await seqsOf({ seq: 21, batch: 100 })).toEqual([])
  })

  it("keeps to one room, and finds the last of many", async () => {
    expect(await seqsOf({ seq: 2, next_by_subj: lobby ?? "", batch: 3 })).toEqual([3, 5, 7])
    expect(await seqsOf({ multi_last: [lobby ?? "", other ?? "", empty ?? ""] })).toEqual([19, 20])
    expect(await seqsOf({ multi_last: [empty ?? ""] })).toEqual([])
  })

  it("leaves no subscription behind, however often it is called", async () => {
    const system = await broker.connectAs("system")
    const subscriptions = async () => {
      const answer = await system.raw.request("$SYS.REQ.SERVER.PING.VARZ", "", { timeout: 2_000 })
      return decodeVarz(answer.json()).data.subscriptions
    }
    const before = await subscriptions()
    for (let n = 0; n < 50; n++) await get({ seq: 1, batch: 2 })
    await expect.poll(subscriptions).toBe(before)
  })

  it("fails when nothing comes at all", async () => {
    const missing = await Effect.runPromise(
      Effect.flip(directGet(await broker.connectAs("provisioner"), "NOWHERE", { seq: 1, batch: 1 }))
    )
    expect(missing).toMatchObject({ reason: "Unavailable", retryable: true })
    await broker.hang()
    const silent = await Effect.runPromise(Effect.flip(directGet(reader, ANN, { seq: 1, batch: 1 })))
    await broker.wake()
    expect(silent).toMatchObject({ reason: "Timeout", retryable: true })
  })
})

const failureOf = (connection: Connection, stream: string) =>
  Effect.runPromise(Effect.flip(lastFromLeader(connection, stream, "x")))

describe("the leader's own word", () => {
  it("is the last message of a room, of a partition, or at a place, as stored", async () => {
    const lastOf = (subject: string) => Effect.runPromise(lastFromLeader(reader, ANN, subject))
    expect(Option.map(await lastOf(lobby ?? ""), ({ seq }) => seq)).toEqual(Option.some(19))
    const partition = partitionOf(RoomId.make("other"))
    expect(Option.map(await lastOf(annotatedPartition(partition)), ({ seq }) => seq)).toEqual(Option.some(20))
    const [direct] = await get({ seq: 6, batch: 1 })
    const found = Option.getOrThrow(await Effect.runPromise(atFromLeader(reader, ANN, 6)))
    expect(found).toMatchObject({ seq: 6, subject: other, storedAt: direct?.storedAt })
    expect(found.headers.get("Event-Id")).toBe("e6")
    expect(Buffer.from(found.data).toString()).toBe("text 6")
  })

  it("is nothing for an empty room and beyond the end", async () => {
    expect(await Effect.runPromise(lastFromLeader(reader, ANN, empty ?? ""))).toEqual(Option.none())
    expect(await Effect.runPromise(atFromLeader(reader, ANN, COUNT + 1))).toEqual(Option.none())
  })

  it("is an error when the stream is not there or the broker is away", async () => {
    expect(await failureOf(await broker.connectAs("provisioner"), "NOWHERE")).toMatchObject({ reason: "NotFound" })
    await broker.kill()
    expect(await failureOf(reader, ANN)).toMatchObject({ retryable: true })
    await broker.restart()
  })
})
