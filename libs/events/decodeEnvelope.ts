/** Reads an event's headers, whichever stream it comes from. */
import type { MsgHdrs } from "@nats-io/nats-core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Checkpoint, Envelope } from "./Envelope.ts"
import type { ParkReason } from "./SubmissionParked.ts"

/** Why a stored event cannot be read; its envelope, where that much could be. */
export interface Undecodable {
  readonly reason: ParkReason
  readonly envelope?: Envelope
}

const ENVELOPE_HEADERS = Object.keys(Envelope.fields)
const CHECKPOINT_HEADERS = Object.keys(Checkpoint.fields)

const pick = (headers: MsgHdrs, names: ReadonlyArray<string>): Record<string, string> => {
  const values: Record<string, string> = {}
  // The library answers "" for a header that is not there, and an empty one says no more.
  for (const name of names) {
    const value = headers.get(name)
    if (value !== "") values[name] = value
  }
  return values
}

const readEnvelope = Schema.decodeUnknownResult(Envelope)
const readCheckpoint = Schema.decodeUnknownResult(Checkpoint)
const undecodable = (): Undecodable => ({ reason: "envelope_undecodable" })

export const decodeEnvelope = (headers: MsgHdrs): Result.Result<Envelope, Undecodable> =>
  Result.mapError(readEnvelope(pick(headers, ENVELOPE_HEADERS)), undecodable)

export const decodeCheckpoint = (headers: MsgHdrs): Result.Result<Checkpoint, Undecodable> =>
  Result.mapError(readCheckpoint(pick(headers, CHECKPOINT_HEADERS)), undecodable)
