import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { HistoryClient } from "#libs/history/HistoryClient.ts"
import type { PageQuestion } from "#libs/history/HistoryProtocol.ts"
import { type Keyring, KeyringError } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import {
  append,
  edgeKeyring,
  historyClient,
  type KeyringChange,
  type Projector,
  soon,
  startProjector,
  temporaryFolder
} from "#tests/support/ReadModelHarness.ts"

const lobby = RoomId.make("lobby")

describe("replicas of the read model", () => {
  let broker: Broker
  let analyzer: Connection
  let keyring: Keyring["Service"]
  let client: HistoryClient["Service"]
  let head = 0
  const folders: Array<ReturnType<typeof temporaryFolder>> = []
  const projectors: Array<Projector> = []

  beforeAll(async () => {
    broker = await startBroker()
    const edge = await broker.connectAs("edge")
    analyzer = await broker.connectAs("analyzer")
    keyring = await edgeKeyring(edge)
    client = await historyClient(edge)
    await say(20)
  })
  afterAll(() => broker.stop())
  beforeEach(() => expect(projectors).toEqual([]))
  afterEach(async () => {
    await Promise.all(projectors.splice(0).map(({ stop }) => stop()))
    for (const { remove } of folders.splice(0)) remove()
  })

  const say = async (count: number) => {
    const events = await Effect.runPromise(
      Effect.forEach(Array.from({ length: count }), (_, index) =>
        annotatedMessage(keyring, { room: lobby, user: "ana", text: "words", srcSeq: head + index + 1 })
      )
    )
    head = await append(analyzer, events)
  }
  const start = async (maxLag: number, change?: KeyringChange) => {
    const folder = temporaryFolder()
    folders.push(folder)
    const projector = await startProjector(broker, { file: folder.file, maxLag }, change)
    projectors.push(projector)
    await expect.poll(projector.status, soon).toMatchObject({ applied: head, serving: true, healthy: true })
    return { ...projector, file: folder.file }
  }
  const ask = (question: Partial<PageQuestion> = {}) =>
    Effect.runPromise(Effect.result(client.page({ room: lobby, limit: 5, ...question })))

  it("leave the answering to the others while they lag too far, and come back", async () => {
    const whole = await start(5_000)
    const lagging = await start(10)
    const stranger = new Sqlite(lagging.file)
    stranger.exec("BEGIN IMMEDIATE")
    await say(11)
    await expect.poll(lagging.status, soon).toMatchObject({ lag: 11, serving: false, healthy: false })
    await expect.poll(whole.status, soon).toMatchObject({ applied: head, lag: 0, serving: true, healthy: true })
    // Any of them that reached the lagging replica would wait in vain.
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask({ at_least: head })))
    for (const answer of answers) expect(answer).toMatchObject({ success: { applied: head } })

    stranger.exec("ROLLBACK")
    stranger.close()
    await expect.poll(lagging.status, soon).toMatchObject({ applied: head, serving: true, healthy: true })
  })

  it("that stop leave no question unanswered", async () => {
    await start(5_000)
    const leaving = await start(5_000)
    const asked: Array<ReturnType<typeof ask>> = []
    // So many that some are on their way at whatever moment the replica leaves.
    const asking = setInterval(() => asked.push(...Array.from({ length: 40 }, () => ask({ limit: 1 }))), 1)
    await expect.poll(() => asked.length, soon).toBeGreaterThan(200)
    await leaving.stop()
    clearInterval(asking)
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ success: { applied: head } })
  })

  it("answer a whole room that joins at once by reading and opening about once", async () => {
    let opened = 0
    await start(5_000, (real) => ({
      ...real,
      openingKey: (kid) =>
        Effect.suspend(() => {
          opened++
          return Effect.delay(real.openingKey(kid), 50)
        })
    }))
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => ask({ limit: 20 })))
    for (const answer of answers) expect(answer).toMatchObject({ success: { applied: head } })
    // Twenty keys a reading; a slow machine may outlast the moment for which one is shared.
    expect(opened).toBeLessThanOrEqual(20 * 5)
  })

  it("show at once what has been said since the last asker", async () => {
    await start(5_000)
    for (let round = 0; round < 20; round++) {
      await say(1)
      expect(await ask({ limit: 1, at_least: head })).toMatchObject({ success: { events: [{ seq: head }] } })
    }
  })

  it("say that a page is unavailable while its keys are out of reach, and answer when they are back", async () => {
    let reachable = false
    await start(5_000, (real) => ({
      ...real,
      openingKey: (kid) => (reachable ? real.openingKey(kid) : Effect.fail(new KeyringError({ reason: "Unavailable" })))
    }))
    expect(await ask()).toMatchObject({ failure: { reason: "unavailable", retryable: true } })
    reachable = true
    expect(await ask()).toMatchObject({ success: { applied: head } })
  })

  it("do not keep an asker waiting for a key that never comes", async () => {
    await start(5_000, (real) => ({ ...real, openingKey: () => Effect.never }))
    const asked = performance.now()
    expect(await ask()).toMatchObject({ failure: { reason: "unavailable", retryable: true } })
    // Sooner than the asker itself would give up, and take the whole replica for dead.
    expect(performance.now() - asked).toBeLessThan(4_500)
  })

  it("that are all gone are unavailable, not a hang", async () => {
    expect(await ask()).toMatchObject({ failure: { reason: "unavailable", retryable: true } })
  })
})
