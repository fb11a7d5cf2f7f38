import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import { askApi } from "#nats/api.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish, publishBatch } from "#nats/publish.ts"
import { rangeFromLeader } from "#nats/rangeFromLeader.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { annotatedSubject } from "#nats/Subjects.ts"
import type { TailOptions } from "#nats/tail.ts"
import { tail } from "#nats/tail.ts"
import { ANN } from "#nats/Topology.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { startBroker } from "#tests/support/Broker.ts"

const decodeNames = Schema.decodeUnknownResult(Schema.Struct({ consumers: Schema.NullOr(Schema.Array(Schema.String)) }))

let broker: Broker
let provisioner: Connection
let writer: Connection
let reader: Connection
beforeAll(async () => {
  broker = await startBroker()
  provisioner = await broker.connectAs("provisioner")
  writer = await broker.connectAs("analyzer")
  reader = await broker.connectAs("projector")
})
afterAll(() => broker.stop())

const subjectOf = (room: string) => annotatedSubject(RoomId.make(room))
const write = (room: string, text: string) =>
  Effect.runPromise(publish(writer, { subject: subjectOf(room), data: text, headers: { "Event-Id": text } }))
/** Writes messages in order, each again until it is acknowledged; a repeated one keeps its id. */
const writeSurely = async (room: string, count: number, label: string) => {
  for (let n = 0; n < count; n++) {
    const id = `${label}${n}`
    const message = { subject: subjectOf(room), data: id, headers: { "Nats-Msg-Id": id } }
    await Effect.runPromise(publish(writer, message, { timeoutMs: 300 }).pipe(Effect.retry({ times: 200 })))
  }
}
const lastSeq = async () => (await write("mark", "mark")).seq

/** A reader that runs beside the test. */
const startReading = (options: Partial<TailOptions> = {}) => {
  const messages: Array<StoredMessage> = []
  const batches: Array<number> = []
  const restarts: Array<string> = []
  let lag: number | undefined
  let error: NatsError | undefined
  const fiber = Effect.runFork(
    tail(reader, {
      stream: ANN,
      from: 1,
      onLag: (pending) => {
        lag = pending
      },
      onRestart: (reason) => restarts.push(reason),
      ...options
    }).pipe(
      Stream.runForEach((batch) =>
        Effect.sync(() => {
          batches.push(batch.length)
          for (const message of batch) messages.push(message)
        })
      ),
      Effect.catch((failure) =>
        Effect.sync(() => {
          error = failure
        })
      )
    )
  )
  return {
    messages,
    batches,
    restarts,
    lag: () => lag,
    error: () => error,
    seqs: () => messages.map(({ seq }) => seq),
    until: (seq: number) =>
      expect.poll(() => messages.at(-1)?.seq ?? 0, { timeout: 10_000 }).toBeGreaterThanOrEqual(seq),
    stop: () => Effect.runPromise(Fiber.interrupt(fiber))
  }
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const consumersOf = async (stream: string): Promise<ReadonlyArray<string>> => {
  const answer = askApi(provisioner, { endpoint: `CONSUMER.NAMES.${stream}`, body: {}, decode: decodeNames })
  return (await Effect.runPromise(answer)).consumers ?? []
}
const api = (endpoint: string, body?: object) =>
  Effect.runPromise(askApi(provisioner, { endpoint, decode: Result.succeed, ...(body === undefined ? {} : { body }) }))

/** What a tail gives until it ends, and why it ends. */
const endOf = async (options: TailOptions, as: Connection = provisioner) => {
  const seqs: Array<number> = []
  const error = await Effect.runPromise(
    tail(as, options).pipe(
      Stream.runForEach((batch) => Effect.sync(() => seqs.push(...batch.map(({ seq }) => seq)))),
      Effect.flip
    )
  )
  return { seqs, error }
}

describe("a tail", () => {
  it("gives every message once and in order, in batches, with subject, headers, time and body as stored", async () => {
    const reading = startReading()
    const from = Date.now()
    for (let n = 0; n < 30; n++) {
      const messages = range(1, 100).map((index) => ({ subject: subjectOf(`r${index % 7}`), data: `${n}.${index}` }))
      const [first, ...rest] = messages
      if (first !== undefined) await Effect.runPromise(publishBatch(writer, [first, ...rest]))
    }
    const { seq } = await write("lobby", "the last")
    await reading.until(seq)
    expect(reading.seqs()).toEqual(range(1, seq))
    expect(Math.max(...reading.batches)).toBeGreaterThan(1)
    const last = reading.messages.at(-1)
    expect(last?.subject).toBe(subjectOf("lobby"))
    expect(last?.headers.get("Event-Id")).toBe("the last")
    expect(Buffer.from(last?.data ?? []).toString()).toBe("the last")
    expect(last?.storedAt).toBeGreaterThanOrEqual(from - 1)
    expect(last?.storedAt).toBeLessThanOrEqual(Date.now() + 1)
    expect(reading.lag()).toBe(0)
    const direct = await Effect.runPromise(rangeFromLeader(reader, ANN, seq, seq + 1))
    expect(direct[0]?.storedAt).toBe(last?.storedAt)
    await reading.stop()
    expect(reading.restarts).toEqual([])
  })

  it("starts anywhere, keeps to its filter, and leaves no consumer behind", async () => {
    const end = await lastSeq()
    const middle = Math.floor(end / 2)
    const some = startReading({ from: middle })
    const lobby = startReading({ filter: subjectOf("lobby") })
    const future = startReading({ from: end + 1 })
    await write("other", "x")
    await write("lobby", "y")
    await Promise.all([some.until(end + 2), lobby.until(end + 2), future.until(end + 2)])
    expect(some.seqs()).toEqual(range(middle, end + 2))
    expect(future.seqs()).toEqual([end + 1, end + 2])
    expect(new Set(lobby.messages.map(({ subject }) => subject))).toEqual(new Set([subjectOf("lobby")]))
    expect(lobby.messages.length).toBe(2)
    await Promise.all([some.stop(), lobby.stop(), future.stop()])
    await expect.poll(() => consumersOf(ANN)).toEqual([])
  })

  it("holds back the broker when its reader is slow", async () => {
    const first = await lastSeq()
    for (let n = 0; n < 6; n++) {
      const [head, ...rest] = range(1, 1_000).map((index) => ({ subject: subjectOf("slow"), data: `${n}.${index}` }))
      if (head !== undefined) await Effect.runPromise(publishBatch(writer, [head, ...rest], { timeoutMs: 10_000 }))
    }
    const seqs: Array<number> = []
    const lags: Array<number> = []
    const sizes: Array<number> = []
    await Effect.runPromise(
      tail(reader, { stream: ANN, from: first + 1, onLag: (pending) => lags.push(pending) }).pipe(
        Stream.tap((batch) => Effect.sync(() => seqs.push(...batch.map(({ seq }) => seq)))),
        Stream.tap((batch) => Effect.sync(() => sizes.push(batch.length))),
        Stream.tap(() => Effect.sleep("20 millis")),
        Stream.takeUntil(() => seqs.length >= 6_000),
        Stream.runDrain
      )
    )
    expect(seqs).toEqual(range(first + 1, first + 6_000))
    expect(lags[0]).toBeGreaterThanOrEqual(4_000)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000)
  })

  it("goes on by itself when its consumer is deleted", async () => {
    const from = await lastSeq()
    const reading = startReading({ from })
    await reading.until(from)
    const writing = writeSurely("lobby", 200, "deleted")
    for (const name of await consumersOf(ANN)) await api(`CONSUMER.DELETE.${ANN}.${name}`)
    await writing
    const end = await lastSeq()
    await reading.until(end)
    expect(reading.seqs()).toEqual(range(from, end))
    expect(reading.restarts).toContain("gone")
    await reading.stop()
  })

  it("goes on by itself when the broker is killed and started again under load", async () => {
    const from = await lastSeq()
    const reading = startReading({ from })
    await reading.until(from)
    const writing = writeSurely("lobby", 400, "killed")
    await reading.until(from + 50)
    await broker.kill()
    await broker.restart()
    await writing
    const end = await lastSeq()
    const waitFrom = Date.now()
    await reading.until(end)
    expect(Date.now() - waitFrom).toBeLessThan(6_000)
    expect(reading.seqs()).toEqual(range(from, end))
    await reading.stop()
  })

  it("goes on by itself when the broker hangs for longer than it is patient", async () => {
    const from = await lastSeq()
    const reading = startReading({ from })
    await reading.until(from)
    await broker.hang()
    // Long before the connection's own pings find out.
    await expect.poll(() => reading.restarts, { timeout: 5_000 }).toContain("silent")
    await broker.wake()
    await writeSurely("lobby", 20, "hung")
    const end = await lastSeq()
    await reading.until(end)
    expect(reading.seqs()).toEqual(range(from, end))
    await reading.stop()
  })
})

describe("what a tail cannot read", () => {
  const HOLED = "HOLED"
  beforeAll(async () => {
    await api(`STREAM.CREATE.${HOLED}`, { name: HOLED, subjects: ["$KV.holed.*"], storage: "file" })
    for (let n = 1; n <= 10; n++) {
      await Effect.runPromise(publish(provisioner, { subject: "$KV.holed.x", data: String(n) }))
    }
  })
  it("is a message that is gone: it gives all before it and fails", async () => {
    await api(`STREAM.MSG.DELETE.${HOLED}`, { seq: 6 })
    const { seqs, error } = await endOf({ stream: HOLED, from: 2 })
    expect(seqs).toEqual([2, 3, 4, 5])
    expect(error).toMatchObject({ reason: "NotFound", detail: "message 6 of HOLED is missing, also at the leader" })
  })

  it("is a stream that has become shorter than what was read of it", async () => {
    const { seqs, error } = await endOf({ stream: HOLED, from: 12 })
    expect(seqs).toEqual([])
    expect(error).toMatchObject({ reason: "Drift", retryable: false })
  })

  it("is a stream that is not there or not allowed", async () => {
    expect((await endOf({ stream: "NOWHERE", from: 1 })).error).toMatchObject({ reason: "NotFound" })
    expect((await endOf({ stream: ANN, from: 1 }, await broker.connectAs("edge"))).error.reason).toBe("Forbidden")
  })

  it("is read from the leader where only one replica lacks it", async () => {
    const messages = await Effect.runPromise(rangeFromLeader(provisioner, HOLED, 7, 10))
    expect(messages.map(({ seq, data }) => [seq, Buffer.from(data).toString()])).toEqual([
      [7, "7"],
      [8, "8"],
      [9, "9"]
    ])
  })
})
