/** Reads both streams to their ends, and says whether every submission has its one event, in order. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "#nats/NatsConnection.ts"
import { directGet, lastFromLeader } from "#nats/read.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { ANN, SUB } from "#nats/Topology.ts"

const lastOf = (connection: Connection, stream: string) =>
  Effect.map(lastFromLeader(connection, stream, ">"), Option.match({ onNone: () => 0, onSome: ({ seq }) => seq }))

/** Every message of a stream, asserted to be without a gap. */
export const readAll = (connection: Connection, stream: string): Promise<ReadonlyArray<StoredMessage>> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const all: Array<StoredMessage> = []
      const last = yield* lastOf(connection, stream)
      while (all.length < last) {
        all.push(...(yield* directGet(connection, stream, { seq: all.length + 1, next_by_subj: ">", batch: 500 })))
      }
      const gap = all.findIndex(({ seq }, index) => seq !== index + 1)
      if (gap !== -1) throw new Error(`${stream} has a gap before ${gap + 1}`)
      return all
    })
  )

const partitionOf = ({ subject }: StoredMessage): number => Number(subject.split(".")[1])
export const srcSeqOf = ({ headers }: StoredMessage): number => Number(headers.get("Src-Seq"))

export interface LogCheck {
  readonly submitted: number
  readonly annotated: number
  /** Submissions without an event. */
  readonly missing: ReadonlyArray<number>
  /** Submissions with more than one. */
  readonly doubled: ReadonlyArray<number>
  /** Events that stand after one of a later submission of their partition, or state a falling checkpoint. */
  readonly disordered: ReadonlyArray<number>
}

/** Compares `SUB` with `ANN`: exactly one event each, in the submissions' order within every partition. */
export const checkLog = async (connection: Connection): Promise<LogCheck> => {
  const submitted = await readAll(connection, SUB)
  const annotated = await readAll(connection, ANN)
  const times = new Map<number, number>()
  const heads = new Map<number, { readonly srcSeq: number; readonly through: number }>()
  const disordered: Array<number> = []
  for (const event of annotated) {
    const srcSeq = srcSeqOf(event)
    const through = Number(event.headers.get("Sub-Through"))
    const before = heads.get(partitionOf(event))
    const source = submitted[srcSeq - 1]
    if (source === undefined || partitionOf(source) !== partitionOf(event)) disordered.push(event.seq)
    else if (before !== undefined && (srcSeq <= before.srcSeq || through < before.through)) disordered.push(event.seq)
    heads.set(partitionOf(event), { srcSeq, through })
    times.set(srcSeq, (times.get(srcSeq) ?? 0) + 1)
  }
  const sequences = submitted.map(({ seq }) => seq)
  return {
    submitted: submitted.length,
    annotated: annotated.length,
    missing: sequences.filter((seq) => !times.has(seq)),
    doubled: sequences.filter((seq) => (times.get(seq) ?? 0) > 1),
    disordered
  }
}
