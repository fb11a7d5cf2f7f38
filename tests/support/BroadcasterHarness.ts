/** A broadcaster under test on a broker of the test's own, readers that keep what they are sent, and rooms that talk. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { RoomId } from "#libs/domain/RoomId.ts"
import { HistoryClient } from "#libs/history/HistoryClient.ts"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerKv } from "#libs/keyring/KeyringKv.ts"
import type { Connection, NatsEndpoint } from "#nats/NatsConnection.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { publish } from "#nats/publish.ts"
import { Broadcaster, type RoomSocket } from "#services/broadcaster/Broadcaster.ts"
import type { BroadcasterOptions } from "#services/broadcaster/BroadcasterNats.ts"
import { layer } from "#services/broadcaster/BroadcasterNats.ts"
import type { Broker } from "#tests/support/Broker.ts"
import { annotatedMessage } from "#tests/support/EventFactory.ts"
import { masterKey, running } from "#tests/support/ReadModelHarness.ts"

export interface BroadcasterSpec extends Partial<BroadcasterOptions> {
  /** Where it finds the broker, if not directly. */
  readonly endpoint?: NatsEndpoint
  /** Puts something between the broadcaster and what it depends on. */
  readonly connection?: (real: Connection) => Connection
  readonly keyring?: (real: Keyring["Service"]) => Keyring["Service"]
  readonly history?: (real: HistoryClient["Service"]) => HistoryClient["Service"]
}

const same = <A>(value: A): A => value

/** Starts a broadcaster with a connection, a keyring and a history client of its own, as an edge has them. */
export const startBroadcaster = async (broker: Broker, spec: BroadcasterSpec = {}) => {
  const real = NatsConnection.layer(spec.endpoint ?? broker.endpointOf("edge"))
  const needs = Layer.mergeAll(
    Layer.effect(NatsConnection, Effect.map(NatsConnection, spec.connection ?? same)),
    Layer.effect(Keyring, Effect.map(Keyring, spec.keyring ?? same)),
    Layer.effect(HistoryClient, Effect.map(HistoryClient, spec.history ?? same))
  ).pipe(Layer.provide([layerKv({ masterKey }), HistoryClient.layer]), Layer.provide(real))
  const { services, stop } = await running(layer(spec).pipe(Layer.provideMerge(needs)))
  const broadcaster = Context.get(services, Broadcaster)
  return {
    broadcaster,
    connection: Context.get(services, NatsConnection),
    join: (socket: RoomSocket, room: string, limit = 50) =>
      Effect.runPromise(broadcaster.join(socket, RoomId.make(room), limit)),
    stop
  }
}

const Shown = Schema.Struct({
  room_id: Schema.String,
  text: Schema.String,
  seq: Schema.Natural,
  prev: Schema.Natural,
  id: Schema.String,
  duplicate: Schema.optionalKey(Schema.Boolean)
})
export type Shown = typeof Shown.Type
const decodeShown = Schema.decodeUnknownResult(Schema.fromJsonString(Shown))

/** Stands for a frame that a plain-mode client must never see. */
const NOT_A_MESSAGE: Shown = { room_id: "", text: "not a message", seq: 0, prev: 0, id: "" }

/** The texts of the unmasked frames in a buffer. */
const textsOf = (buffer: Buffer): ReadonlyArray<string> => {
  const texts: Array<string> = []
  for (let at = 0; at < buffer.length;) {
    const short = buffer[at + 1] ?? 0
    const [length, start] =
      short === 127
        ? [Number(buffer.readBigUInt64BE(at + 2)), at + 10]
        : short === 126
          ? [buffer.readUInt16BE(at + 2), at + 4]
          : [short, at + 2]
    texts.push(buffer.toString("utf8", start, start + length))
    at = start + length
  }
  return texts
}

const WAIT_MS = 20_000

/** A reader that takes everything. */
export class Listener implements RoomSocket {
  readonly seen: Array<Shown> = []
  #look: () => void = () => undefined

  offer(buffer: Buffer): boolean {
    for (const text of textsOf(buffer)) {
      const decoded = decodeShown(text)
      this.seen.push(Result.isSuccess(decoded) ? decoded.success : NOT_A_MESSAGE)
    }
    this.#look()
    return true
  }

  ready(): boolean {
    return true
  }

  get texts(): ReadonlyArray<string> {
    return this.seen.map(({ text }) => text)
  }

  /** Waits until a message with this text has come. */
  until(text: string): Promise<void> {
    return this.#wait(`"${text}"`, () => this.seen.findLast((message) => message.text === text) !== undefined)
  }

  /** Waits until so many more have come, or the last one says that it is the end. */
  grow(by: number): Promise<void> {
    const enough = this.seen.length + by
    return this.#wait(`${by} more`, () => this.seen.length >= enough || this.seen.at(-1)?.text === "the end")
  }

  #wait(what: string, isThere: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited for ${what}, saw ${this.seen.length}: ${this.texts.slice(-5).join(", ")}`)),
        WAIT_MS
      )
      this.#look = () => {
        if (!isThere()) return
        clearTimeout(timer)
        resolve()
      }
      this.#look()
    })
  }
}

/** Whether a reader saw a contiguous, ordered and repeat-free stretch of its room. */
export const isWhole = ({ seen }: Listener): boolean =>
  seen.every((message, index) => index === 0 || (message.prev === seen[index - 1]?.seq && message.seq > message.prev))

/** Writes annotated messages as an analyzer would; each is stored when its promise resolves. */
export const makeTalker = (analyzer: Connection, keyring: Keyring["Service"]) => {
  let srcSeq = 0
  return async (room: string, ...texts: ReadonlyArray<string>): Promise<number> => {
    let last = 0
    for (const text of texts) {
      const event = await Effect.runPromise(annotatedMessage(keyring, { room, user: "ana", text, srcSeq: ++srcSeq }))
      last = (await Effect.runPromise(publish(analyzer, event))).seq
    }
    return last
  }
}

export const numbered = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, index) => `message ${from + index}`)

/** The rooms that all broadcasters of this process listen to, as `/metrics` shows them (the last one to change counts). */
export const openRooms = async (): Promise<number> => {
  const text = await Effect.runPromise(PrometheusMetrics.format())
  return Number(/^attune_broadcaster_rooms (\d+)$/m.exec(text)?.[1])
}
