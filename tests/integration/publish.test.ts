import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { Outgoing } from "#nats/publish.ts"
import { publish, publishBatch } from "#nats/publish.ts"
import { directGet, lastFromLeader } from "#nats/read.ts"
import { annotatedPartition, annotatedSubject, bucketKey, partitionOf, submissionSubject } from "#nats/Subjects.ts"
import { ANN, KEYS, SUB } from "#nats/Topology.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

let broker: Broker
let analyzer: Connection
let edge: Connection
beforeAll(async () => {
  broker = await startBroker()
  analyzer = await broker.connectAs("analyzer")
  edge = await broker.connectAs("edge")
})
afterAll(() => broker.stop())

const room = (name: string) => RoomId.make(name)
const send = (connection: Connection, message: Outgoing) => Effect.runPromise(publish(connection, message))
const refused = (connection: Connection, message: Outgoing) =>
  Effect.runPromise(Effect.flip(publish(connection, message, { timeoutMs: 500 })))
const headOf = async (partition: number): Promise<number> => {
  const last = await Effect.runPromise(lastFromLeader(analyzer, ANN, annotatedPartition(partition)))
  return Option.match(last, { onNone: () => 0, onSome: ({ seq }) => seq })
}
/** The expectation that nothing was appended to a room's partition since `seq`. */
const fence = (name: string, seq: number) => ({
  "Nats-Expected-Last-Subject-Sequence": String(seq),
  "Nats-Expected-Last-Subject-Sequence-Subject": annotatedPartition(partitionOf(room(name)))
})

describe("one message", () => {
  it("is acknowledged with its place, and once more with the same place when it is repeated", async () => {
    const message = { subject: submissionSubject("message", room("a")), data: "x", headers: { "Nats-Msg-Id": "id1" } }
    const first = await send(edge, message)
    expect(first.duplicate).toBe(false)
    expect(await send(edge, message)).toEqual({ seq: first.seq, duplicate: true })
    const next = await send(edge, { ...message, headers: { "Nats-Msg-Id": "id2" } })
    expect(next).toEqual({ seq: first.seq + 1, duplicate: false })
  })

  it("is refused by name: a fence that moved, a written key, a size, a right, a stream", async () => {
    const { seq } = await send(analyzer, { subject: annotatedSubject(room("a")), data: "1" })
    const stale = { subject: annotatedSubject(room("a")), data: "2", headers: fence("a", seq - 1) }
    expect(await refused(analyzer, stale)).toMatchObject({ reason: "WrongLastSequence", code: 10_071 })
    const key = { subject: bucketKey(KEYS, "author.x"), data: "1" }
    await send(edge, key)
    expect(await refused(edge, key)).toMatchObject({ reason: "SubjectFull", code: 10_077 })
    const large = { subject: submissionSubject("message", room("a")), data: "x".repeat(33 * 1024) }
    expect(await refused(edge, large)).toMatchObject({ reason: "Refused", retryable: false })
    expect(await refused(edge, { subject: annotatedSubject(room("a")), data: "" })).toMatchObject({
      reason: "Forbidden"
    })
    const provisioner = await broker.connectAs("provisioner")
    expect(await refused(provisioner, { subject: "$KV.NOWHERE.x", data: "" })).toMatchObject({ reason: "Unavailable" })
  })

  it("is unanswered, not refused, while the broker hangs", async () => {
    await broker.hang()
    const error = await refused(edge, { subject: submissionSubject("message", room("a")), data: "" })
    await broker.wake()
    expect(error).toMatchObject({ reason: "Timeout", retryable: true })
  })
})

const event = (name: string, data: string, headers: Outgoing["headers"] = {}): Outgoing => ({
  subject: annotatedSubject(room(name)),
  data,
  headers
})
const commit = (...messages: readonly [Outgoing, ...ReadonlyArray<Outgoing>]) => publishBatch(analyzer, messages)

describe("a batch", () => {
  it("is stored whole, in its order, and acknowledged with its last place", async () => {
    const texts = Array.from({ length: 50 }, (_, index) => `batch ${index}`)
    const [first, ...rest] = texts.map((text) => event("b", text))
    if (first === undefined) throw new Error("no messages")
    const { seq } = await Effect.runPromise(commit(first, ...rest))
    const stored = await Effect.runPromise(directGet(analyzer, ANN, { seq: seq - 49, batch: 50 }))
    expect(stored.map(({ data }) => Buffer.from(data).toString())).toEqual(texts)
    expect(stored.at(-1)?.seq).toBe(seq)
  })

  it("is refused whole when one of its fences has moved", async () => {
    const [own, other] = [room("b"), room("another-partition")].map(partitionOf)
    if (own === undefined || other === undefined || own === other) throw new Error("choose rooms of two partitions")
    await send(analyzer, event("another-partition", "1"))
    const [ownHead, otherHead] = [await headOf(own), await headOf(other)]
    const stale = commit(
      event("b", "x", fence("b", ownHead)),
      event("b", "y"),
      event("another-partition", "z", fence("another-partition", otherHead - 1))
    )
    expect(await Effect.runPromise(Effect.flip(stale))).toMatchObject({ reason: "WrongLastSequence" })
    expect([await headOf(own), await headOf(other)]).toEqual([ownHead, otherHead])
    const good = commit(
      event("b", "x", fence("b", ownHead)),
      event("another-partition", "z", fence("another-partition", otherHead))
    )
    const { seq } = await Effect.runPromise(good)
    expect([await headOf(own), await headOf(other)]).toEqual([seq - 1, seq])
  })

  it("lets exactly one of several writers with the same fence through", async () => {
    const head = await headOf(partitionOf(room("b")))
    const rivals = Array.from({ length: 5 }, (_, writer) =>
      Effect.result(commit(event("b", `${writer}a`, fence("b", head)), event("b", `${writer}b`)))
    )
    const outcomes = await Effect.runPromise(Effect.all(rivals, { concurrency: "unbounded" }))
    expect(outcomes.filter(({ _tag }) => _tag === "Success").length).toBe(1)
    const query = { seq: head + 1, next_by_subj: annotatedPartition(partitionOf(room("b"))), batch: 100 }
    const [first, second, ...rest] = (await Effect.runPromise(directGet(analyzer, ANN, query))).map(({ data }) =>
      Buffer.from(data).toString()
    )
    expect([second, rest]).toEqual([first?.replace("a", "b"), []])
  })

  it("is refused whole when it repeats an id that the stream has", async () => {
    await send(analyzer, event("b", "known", { "Nats-Msg-Id": "known" }))
    const repeated = commit(event("b", "new"), event("b", "known", { "Nats-Msg-Id": "known" }))
    expect(await Effect.runPromise(Effect.flip(repeated))).toMatchObject({ reason: "DuplicateInBatch", code: 10_201 })
  })

  it("of one message is a message", async () => {
    const head = await headOf(partitionOf(room("b")))
    const { seq } = await Effect.runPromise(commit(event("b", "alone", fence("b", head))))
    const [stored] = await Effect.runPromise(directGet(analyzer, ANN, { seq, batch: 1 }))
    expect(stored?.headers.has("Nats-Batch-Id")).toBe(false)
  })
})

describe("a submission", () => {
  it("is stored in the partition that this program computes for its room, whatever the room's name", async () => {
    const names = [
      "a",
      "Z",
      "-",
      "_",
      "0",
      "lobby",
      "x".repeat(64),
      "A-b_9",
      ...Array.from({ length: 200 }, (_, n) => `r${n * 7919}`)
    ]
    const seqs = await Promise.all(
      names.map(async (name) => (await send(edge, { subject: submissionSubject("message", room(name)), data: "" })).seq)
    )
    const from = Math.min(...seqs)
    const stored = await Effect.runPromise(directGet(analyzer, SUB, { seq: from, batch: names.length }))
    const subjects = new Map(stored.map(({ seq, subject }) => [seq, subject]))
    expect(seqs.map((seq) => subjects.get(seq))).toEqual(
      names.map((name) => `sub.${partitionOf(room(name))}.${name}.message`)
    )
  })
})
