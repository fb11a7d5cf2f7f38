/** What a delivered message's reply subject tells: its place, when it was stored, and how many wait behind it. */
import type { Msg } from "@nats-io/nats-core"
import { headers as natsHeaders } from "@nats-io/nats-core"
import type { StoredMessage } from "./StoredMessage.ts"

export interface Delivery {
  readonly seq: number
  /** Milliseconds since 1970, by the broker's clock. */
  readonly storedAt: number
  /** How many messages the consumer has still to deliver. */
  readonly pending: number
}

const NANOSECOND_DIGITS = 6
/** `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>` */
const SHORT = 9
/** The same with a domain and an account before the stream, and perhaps a random token at the end. */
const LONG = 11

/** Reads both layouts that servers use; undefined if it is neither. */
export const parseDelivery = (reply: string): Delivery | undefined => {
  const tokens = reply.split(".")
  const start = tokens.length === SHORT ? 2 : tokens.length >= LONG ? 4 : undefined
  if (start === undefined || tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined
  // The time has more digits than a number holds exactly: the nanoseconds are cut off before it becomes one.
  const [seq, time, pending] = [tokens[start + 3], tokens[start + 5]?.slice(0, -NANOSECOND_DIGITS), tokens[start + 6]]
  const delivery = { seq: Number(seq), storedAt: Number(time), pending: Number(pending) }
  return Object.values(delivery).every(Number.isSafeInteger) ? delivery : undefined
}

/** A delivered message as a stored one. */
export const deliveredMessage = (message: Msg, { seq, storedAt }: Delivery): StoredMessage => ({
  seq,
  storedAt,
  subject: message.subject,
  headers: message.headers ?? natsHeaders(),
  data: message.data
})
