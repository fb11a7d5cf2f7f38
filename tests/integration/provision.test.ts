import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { askApi } from "#nats/api.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { readEpoch } from "#nats/epoch.ts"
import { provision } from "#nats/provision.ts"
import { publish } from "#nats/publish.ts"
import { decodeStream } from "#nats/StreamConfig.ts"
import { annotatedSubject, bucketKey, submissionSubject } from "#nats/Subjects.ts"
import type { TopologyOptions } from "#nats/Topology.ts"
import { ANN, bucketStream, KEYS, RATE_MESSAGE, SUB, topology } from "#nats/Topology.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

let broker: Broker
let provisioner: Connection
beforeAll(async () => {
  broker = await startBroker()
  provisioner = await broker.connectAs("provisioner")
})
afterAll(() => broker.stop())

const run = <A>(effect: Effect.Effect<A, NatsError, NatsConnection>, as: Connection = provisioner): Promise<A> =>
  Effect.runPromise(effect.pipe(Effect.provideService(NatsConnection, as)))
const api = (endpoint: string, body?: object): Promise<unknown> =>
  Effect.runPromise(askApi(provisioner, { endpoint, decode: Result.succeed, ...(body === undefined ? {} : { body }) }))
const streamOf = (name: string) =>
  Effect.runPromise(askApi(provisioner, { endpoint: `STREAM.INFO.${name}`, decode: decodeStream }))
const withRate = (maxEvents: number, perSeconds: number): TopologyOptions => ({
  replicas: 1,
  messageRate: { maxEvents, perSeconds }
})
const outcomes = ({ streams }: Awaited<ReturnType<typeof again>>) =>
  Object.fromEntries(streams.map(({ stream, outcome }) => [stream, outcome]))
const again = (options: TopologyOptions = broker.topology) => run(provision(options))

describe("provisioning", () => {
  it("makes every stream so that a second look finds nothing to change and no drift", async () => {
    const report = await again()
    expect(report.streams.map(({ stream }) => stream)).toEqual(topology(broker.topology).map(({ name }) => name))
    for (const stream of report.streams) {
      expect(stream).toEqual({ stream: stream.stream, outcome: "unchanged", changed: [], drifted: [] })
    }
  })

  it("gives both halves of the log one epoch and keeps it", async () => {
    const { epoch } = await again()
    expect(epoch).toMatch(/^[0-9a-f-]{36}$/)
    for (const name of [SUB, ANN]) expect((await streamOf(name)).config.metadata?.["attune.epoch"]).toBe(epoch)
    expect(await run(readEpoch, await broker.connectAs("edge"))).toBe(epoch)
    expect((await again()).epoch).toBe(epoch)
  })

  it("lets two provisioners run at once on an empty server", async () => {
    const other = await startBroker()
    try {
      const connection = await other.connectAs("provisioner")
      for (const { name } of topology(other.topology)) {
        await Effect.runPromise(askApi(connection, { endpoint: `STREAM.DELETE.${name}`, decode: Result.succeed }))
      }
      const reports = await Promise.all(Array.from({ length: 4 }, () => run(provision(other.topology), connection)))
      expect(new Set(reports.map(({ epoch }) => epoch)).size).toBe(1)
      for (const { streams } of reports) for (const { drifted } of streams) expect(drifted).toEqual([])
    } finally {
      await other.stop()
    }
  })

  it("changes the limit of the rate bucket up and down when the operator does", async () => {
    const rate = bucketStream(RATE_MESSAGE)
    const subject = bucketKey(RATE_MESSAGE, "k".repeat(22))
    for (let n = 0; n < 4; n++) await Effect.runPromise(publish(provisioner, { subject, data: "" }))
    const lowered = await again(withRate(3, 60))
    expect(outcomes(lowered)[rate]).toBe("changed")
    expect((await streamOf(rate)).config.max_msgs_per_subject).toBe(3)
    const refused = await Effect.runPromise(Effect.result(publish(provisioner, { subject, data: "" })))
    expect(refused).toMatchObject({ failure: { reason: "SubjectFull" } })
    expect(outcomes(await again())[rate]).toBe("changed")
    expect((await streamOf(rate)).config.max_msgs_per_subject).toBe(20)
  })

  it("puts right what is safe and keeps what it does not know", async () => {
    const { raw } = await streamOf(ANN)
    await api(`STREAM.UPDATE.${ANN}`, {
      ...raw,
      description: "other",
      republish: undefined,
      metadata: { ...Object(raw["metadata"]), "some.key": "kept" }
    })
    const report = await again()
    const ann = report.streams.find(({ stream }) => stream === ANN)
    expect(ann?.changed.map(({ field }) => field).toSorted()).toEqual(["description", "republish"])
    const mended = await streamOf(ANN)
    expect(mended.config.republish).toEqual({ src: "ann.*.*", dest: "live.{{wildcard(2)}}" })
    expect(mended.config.metadata?.["some.key"]).toBe("kept")
    expect(mended.config.metadata?.["attune.epoch"]).toBe(report.epoch)
  })

  it("reports what it may not change, and leaves it and the messages as they are", async () => {
    const keys = bucketStream(KEYS)
    const { raw } = await streamOf(keys)
    await api(`STREAM.UPDATE.${keys}`, { ...raw, max_msgs_per_subject: 5, max_bytes: 1_000_000 })
    const subject = bucketKey(KEYS, "author.a")
    for (let n = 0; n < 3; n++) await Effect.runPromise(publish(provisioner, { subject, data: String(n) }))
    const report = await again()
    expect(report.streams.find(({ stream }) => stream === keys)).toEqual({
      stream: keys,
      outcome: "unchanged",
      changed: [],
      drifted: [
        { field: "max_bytes", wanted: "-1", found: "1000000" },
        { field: "max_msgs_per_subject", wanted: "1", found: "5" }
      ]
    })
    expect((await streamOf(keys)).lastSeq).toBe(3)
    await api(`STREAM.UPDATE.${keys}`, raw)
  })

  it.each([
    [ANN, SUB],
    [SUB, ANN]
  ])("does not start an empty %s beside a %s that holds messages", async (missing, holder) => {
    const other = await startBroker()
    try {
      const room = RoomId.make("lobby")
      const [role, subject] =
        holder === SUB
          ? (["edge", submissionSubject("message", room)] as const)
          : (["analyzer", annotatedSubject(room)] as const)
      await Effect.runPromise(publish(await other.connectAs(role), { subject, data: "{}" }))
      const connection = await other.connectAs("provisioner")
      const deletion = { endpoint: `STREAM.DELETE.${missing}`, decode: Result.succeed }
      await Effect.runPromise(askApi(connection, deletion))
      const refused = await run(Effect.result(provision(other.topology)), connection)
      expect(refused).toMatchObject({ failure: { reason: "Drift", retryable: false } })
      const looked = Effect.flip(askApi(connection, { ...deletion, endpoint: `STREAM.INFO.${missing}` }))
      expect(await Effect.runPromise(looked)).toMatchObject({ reason: "NotFound" })
    } finally {
      await other.stop()
    }
  })
})

describe("a stream that acknowledges before it writes", () => {
  it("is refused as not durable", async () => {
    const other = await startBroker()
    try {
      const connection = await other.connectAs("provisioner")
      const ask = (endpoint: string, body?: object) =>
        Effect.runPromise(
          askApi(connection, { endpoint, decode: decodeStream, ...(body === undefined ? {} : { body }) })
        )
      const { raw } = await ask(`STREAM.INFO.${SUB}`)
      await Effect.runPromise(askApi(connection, { endpoint: `STREAM.DELETE.${SUB}`, decode: Result.succeed }))
      await ask(`STREAM.CREATE.${SUB}`, { ...raw, allow_atomic: false, persist_mode: "async" })
      const refused = await run(Effect.result(provision(other.topology)), connection)
      expect(refused).toMatchObject({ failure: { reason: "NotDurable" } })
    } finally {
      await other.stop()
    }
  })
})

describe("an edge's credentials", () => {
  it("can neither create, change nor delete a stream", async () => {
    const edge = await broker.connectAs("edge")
    for (const endpoint of [`STREAM.CREATE.X`, `STREAM.UPDATE.${SUB}`, `STREAM.DELETE.${SUB}`, `STREAM.PURGE.${SUB}`]) {
      const refused = await Effect.runPromise(
        Effect.result(askApi(edge, { endpoint, body: {}, decode: Result.succeed, timeoutMs: 500 }))
      )
      expect(refused).toMatchObject({ failure: { reason: "Forbidden" } })
    }
  })
})
