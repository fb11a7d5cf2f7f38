import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RoomId } from "#libs/domain/RoomId.ts"
import type { HistoryClient } from "#libs/history/HistoryClient.ts"
import type { Keyring } from "#libs/keyring/Keyring.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import { type Broker, startBroker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import { append, edgeKeyring, historyClient, startProjector, temporaryFolder } from "#tests/support/ReadModelHarness.ts"

const lobby = RoomId.make("lobby")

describe("the projector on a real log", () => {
  const folder = temporaryFolder()
  let broker: Broker
  let analyzer: Connection
  let keyring: Keyring["Service"]
  let client: HistoryClient["Service"]
  beforeAll(async () => {
    broker = await startBroker()
    const edge = await broker.connectAs("edge")
    analyzer = await broker.connectAs("analyzer")
    keyring = await edgeKeyring(edge)
    client = await historyClient(edge)
  })
  afterAll(async () => {
    await broker.stop()
    folder.remove()
  })

  it("answers a room's newest entries with their words", async () => {
    const projector = await startProjector(broker, { file: folder.file })
    const events = await Effect.runPromise(
      Effect.forEach([1, 2, 3], (srcSeq) =>
        annotatedMessage(keyring, { room: "lobby", user: "ana", text: `words ${srcSeq}`, srcSeq })
      )
    )
    const at_least = await append(analyzer, events)
    const page = await Effect.runPromise(client.page({ room: lobby, limit: 2, at_least }))
    expect(page).toMatchObject({ more: true, applied: 3, events: [{ text: "words 2" }, { text: "words 3" }] })
    await projector.stop()
  })
})
