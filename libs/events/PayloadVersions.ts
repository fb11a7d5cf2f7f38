/**
 * How the body of an event is read, whichever version it was written in: each version ever written has its schema and
 * the step from it to today's payload, and none is ever taken out of the table (invariant I13).
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ParkReason } from "./SubmissionParked.ts"

type ReadVersion<Current> = (json: unknown) => Result.Result<Current, unknown>

export interface PayloadVersions<Current> {
  /** The version written today. */
  readonly current: number
  readonly read: ReadonlyMap<number, ReadVersion<Current>>
}

/** One version ever written: its schema, and how its payload becomes today's. */
export const version = <Old, Current>(
  schema: Schema.Codec<Old, unknown>,
  upcast: (old: Old) => Current
): ReadVersion<Current> => {
  const decode = Schema.decodeUnknownResult(schema)
  return (json) => Result.map(decode(json), upcast)
}

/** The table of an event type: versions from 1 on, the last of them today's. */
export const payloadVersions = <Current>(
  ...versions: readonly [ReadVersion<Current>, ...ReadonlyArray<ReadVersion<Current>>]
): PayloadVersions<Current> => ({
  current: versions.length,
  read: new Map(versions.map((read, index) => [index + 1, read]))
})

const utf8 = new TextDecoder("utf-8", { fatal: true })

const parse = (body: Uint8Array): Result.Result<unknown, ParkReason> =>
  Result.try({ try: (): unknown => JSON.parse(utf8.decode(body)), catch: () => "payload_undecodable" })

/** Reads a body written in version `written` as today's payload. */
export const decodePayload = <Current>(
  { current, read }: PayloadVersions<Current>,
  written: number,
  body: Uint8Array
): Result.Result<Current, ParkReason> => {
  if (written > current) return Result.fail("version_unknown")
  const readVersion = read.get(written)
  if (readVersion === undefined) return Result.fail("payload_undecodable")
  return Result.flatMap(parse(body), (json) =>
    Result.mapError(readVersion(json), (): ParkReason => "payload_undecodable")
  )
}
