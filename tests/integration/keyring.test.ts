import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { STANDARD_ROOM_CLASS } from "#libs/domain/RoomClass.ts"
import { UserId } from "#libs/domain/UserId.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import { type Connection, NatsConnection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { directGet, lastFromLeader } from "#nats/read.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { bucketStream, KEYS, SUB } from "#nats/Topology.ts"
import type { Role } from "#nats/server/roles.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { submitMessage } from "#tests/support/EventFactory.ts"

const STREAM = bucketStream(KEYS)
const masterKey = randomBytes(32)
const ana = UserId.make("ana@example.org")

let broker: Broker
let operator: Connection
beforeAll(async () => {
  broker = await startBroker()
  operator = await broker.connectAs("provisioner")
})
afterAll(() => broker.stop())

const runtimes: Array<ManagedRuntime.ManagedRuntime<Keyring | NatsConnection, unknown>> = []
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.dispose()))
})
/** A process of a role, with its own connection and caches. */
const processOf = async (role: Role) => {
  const runtime = ManagedRuntime.make(
    Layer.provideMerge(layerKv({ masterKey }), NatsConnection.layer(broker.endpointOf(role)))
  )
  runtimes.push(runtime)
  return { keyring: await runtime.runPromise(Keyring), connection: await runtime.runPromise(NatsConnection) }
}
const run = Effect.runPromise
const reasonOf = <A, E extends { readonly reason: string }>(effect: Effect.Effect<A, E>): Promise<string> =>
  run(
    effect.pipe(
      Effect.as("no error"),
      Effect.catch((error) => Effect.succeed(error.reason))
    )
  )

const allOf = async (stream: string) => {
  const stored = await run(directGet(operator, stream, { seq: 1, next_by_subj: ">", batch: 1_000 }))
  return stored.filter(({ data }) => data.length > 0)
}

describe("an entry of KEYS", () => {
  it("cannot be overwritten, deleted or rolled up by those who may write new ones", async () => {
    const { keyring, connection } = await processOf("edge")
    const author = await run(keyring.authorOf(ana))
    const entries = await allOf(STREAM)
    expect(entries.length).toBeGreaterThan(1)
    const attempts: ReadonlyArray<Readonly<Record<string, string>>> = [
      {},
      { "KV-Operation": "DEL" },
      { "KV-Operation": "PURGE", "Nats-Rollup": "sub" },
      { "Nats-Rollup": "all" },
      { "Nats-Expected-Last-Subject-Sequence": String(entries[0]?.seq) }
    ]
    for (const { subject } of entries) {
      for (const headers of attempts) {
        const reason = await reasonOf(publish(connection, { subject, data: "mine now", headers }))
        expect(["SubjectFull", "WrongLastSequence", "Refused"]).toContain(reason)
      }
    }
    for (const { subject, seq, data } of entries) {
      expect(Option.getOrThrow(await run(lastFromLeader(operator, STREAM, subject)))).toMatchObject({ seq, data })
    }
    expect(await run((await processOf("edge")).keyring.authorOf(ana))).toBe(author)
  })

  it("is opened but never written by a process that only reads", async () => {
    const edge = await processOf("edge")
    const author = await run(edge.keyring.authorOf(ana))
    const { kid } = await run(edge.keyring.sealingKey(author, STANDARD_ROOM_CLASS))
    const { keyring, connection } = await processOf("projector")
    expect((await run(keyring.openingKey(kid))).type).toBe("secret")
    expect(await run(keyring.authorOf(ana))).toBe(author)
    expect(await reasonOf(publish(connection, { subject: bucketKey(KEYS, "author.x"), data: "" }))).toBe("Forbidden")
    expect(await reasonOf(keyring.authorOf(UserId.make("a stranger")))).toBe("Unavailable")
  })
})

describe("what is stored of a message", () => {
  it("shows neither its text nor its user, in no entry, header or body", async () => {
    const { keyring, connection } = await processOf("edge")
    const spec = {
      room: "lobby",
      user: "Zoë of Exampleton",
      text: "a text nobody else may read",
      clientId: "client-id-of-zoë"
    }
    const { author } = await run(submitMessage(connection, keyring, spec))
    const stored = [...(await allOf(SUB)), ...(await allOf(STREAM))]
    expect(stored.some(({ subject }) => subject.includes("lobby"))).toBe(true)
    for (const { subject, headers, data } of stored) {
      const heads = headers.keys().map((name) => `${name}: ${headers.values(name).join()}`)
      const whole = Buffer.concat([Buffer.from(`${subject} ${heads.join()}`), data]).toString("latin1")
      for (const secret of [spec.user, spec.text, spec.clientId]) {
        for (const form of ["latin1", "base64", "base64url", "hex"] as const) {
          expect(whole).not.toContain(Buffer.from(secret).toString(form))
        }
      }
      if (subject.startsWith("$KV.")) expect(whole).not.toContain(author)
    }
  })
})

describe("a keyring whose broker dies", () => {
  it("answers for those it knows, is unavailable for others, and recovers by itself", async () => {
    const { keyring } = await processOf("edge")
    const author = await run(keyring.authorOf(ana))
    const stranger = UserId.make("new while the broker is away")
    await broker.kill()
    expect(await run(keyring.authorOf(ana))).toBe(author)
    const failure = await run(Effect.flip(keyring.authorOf(stranger)))
    expect(failure).toMatchObject({ reason: "Unavailable", retryable: true })
    expect(failure.message).not.toContain(stranger)
    await broker.restart()
    await expect.poll(() => reasonOf(keyring.authorOf(stranger)), { timeout: 20_000 }).toBe("no error")
    expect(await run((await processOf("edge")).keyring.authorOf(ana))).toBe(author)
  })
})
