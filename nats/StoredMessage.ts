/** A message as a stream holds it, whichever way it was read. */
import type { MsgHdrs } from "@nats-io/nats-core"

export interface StoredMessage {
  readonly seq: number
  readonly subject: string
  /** The broker's clock when it stored the message (milliseconds since 1970, UTC). */
  readonly storedAt: number
  readonly headers: MsgHdrs
  readonly data: Uint8Array
}
