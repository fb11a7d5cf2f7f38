/**
 * What JetStream itself takes: a publisher that waits for each acknowledgement under `sync_interval: always`, and an
 * ordered consumer that reads what was stored. One stream, 50 subjects, nothing else.
 */
import { setTimeout as delay } from "node:timers/promises"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect, headers } from "@nats-io/transport-node"
import { inboxPrefix } from "#nats/Subjects.ts"
import { type NatsServer, startNatsServer } from "#tests/support/NatsServer.ts"

const BODY = JSON.stringify({ author: "A".repeat(22), sealed: "s".repeat(260) })
const SUBJECTS = 50

export interface RawJetStreamOptions {
  readonly perSecond: number
  readonly seconds: number
  /** Played before, and left out of the result. */
  readonly warmUpSeconds: number
}

/** The provisioner may do everything to streams, but publishes only to keys: the floor's subjects are named as such. */
const open = (server: NatsServer) => {
  const { user, password } = server.endpoint.credentials.provisioner
  return connect({ servers: server.url, user, pass: password, inboxPrefix: inboxPrefix("provisioner") })
}

/** Milliseconds from due to the consumer's receipt, one a message. */
export const rawJetStream = async ({
  perSecond,
  seconds,
  warmUpSeconds
}: RawJetStreamOptions): Promise<ReadonlyArray<number>> => {
  const server = await startNatsServer({ sync: "always" })
  const [publisher, reader] = await Promise.all([open(server), open(server)])
  try {
    await (await jetstreamManager(publisher)).streams.add({ name: "RAW", subjects: ["$KV.raw.*"] })
    const due: Array<number> = []
    const latencies: Array<number> = []
    const consumer = await jetstream(reader).consumers.get("RAW")
    const messages = await consumer.consume({ max_messages: 500 })
    const total = Math.round(perSecond * (warmUpSeconds + seconds))
    const reading = (async () => {
      for await (const message of messages) {
        latencies.push(performance.now() - (due[Number(message.headers?.get("n"))] ?? Number.NaN))
        if (latencies.length === total) break
      }
    })()
    const client = jetstream(publisher)
    const start = performance.now() + 20
    const pending: Array<Promise<unknown>> = []
    for (let index = 0; index < total;) {
      while (index < total && start + (index * 1_000) / perSecond <= performance.now()) {
        due[index] = start + (index * 1_000) / perSecond
        const header = headers()
        header.set("n", String(index))
        pending.push(client.publish(`$KV.raw.${index % SUBJECTS}`, BODY, { headers: header }))
        index++
      }
      await delay(1)
    }
    await Promise.all(pending)
    await reading
    return latencies.slice(perSecond * warmUpSeconds)
  } finally {
    await Promise.all([publisher.close(), reader.close()])
    await server.stop()
  }
}
