/**
 * The last event of a partition of `ANN` is all the memory a sequencer has: its sequence is the fence of the next append,
 * its `Sub-Through` says from where `SUB` is still to be answered (ADR 0007). Pure: what to conclude from a head.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { decodeCheckpoint } from "#libs/events/decodeEnvelope.ts"
import { Header } from "#libs/events/Envelope.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"

export interface Head {
  /** Sequence of the partition's last event in `ANN`; 0 if there is none. */
  readonly seq: number
  /** Every submission of the partition up to this sequence of `SUB` is answered. */
  readonly through: number
}

/** The head that the partition's last event stands for; fails if that event carries no checkpoint. */
export const headOf = (last: Option.Option<StoredMessage>): Result.Result<Head, "NoCheckpoint"> =>
  Option.match(last, {
    onNone: () => Result.succeed({ seq: 0, through: 0 }),
    onSome: ({ headers, seq }) =>
      Result.mapBoth(decodeCheckpoint(headers), {
        onFailure: () => "NoCheckpoint" as const,
        onSuccess: (checkpoint) => ({ seq, through: checkpoint[Header.subThrough] })
      })
  })

/** An append of which no acknowledgement came: fenced at `head`, its last event answering submission `through`. */
export interface Attempt {
  readonly head: Head
  readonly through: number
}

export type Outcome =
  /** All of the attempt's submissions are answered, by this append or by equal events of another writer. */
  | "committed"
  /** None of them is, and nobody else went on: append again, fenced at the head that was found. */
  | "retry"
  /** Somebody else writes this partition now. */
  | "fenced"

/**
 * What became of an append, told by the head as it stands now. It needs no memory of who wrote the head: a checkpoint at
 * `through` means that every submission up to it is answered, and an append is all or nothing.
 */
export const outcomeOf = (attempt: Attempt, found: Head): Outcome => {
  if (found.seq === attempt.head.seq) return "retry"
  if (found.seq < attempt.head.seq) return "fenced"
  if (found.through === attempt.through) return "committed"
  // The sequence moved and the checkpoint did not: a hole was filled late (HoleMonitor).
  return found.through === attempt.head.through ? "retry" : "fenced"
}
