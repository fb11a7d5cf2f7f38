/** What the loops of one sequencer share. */
import type { Connection } from "#nats/NatsConnection.ts"
import { AppendTrouble } from "./AppendTrouble.ts"
import { Intake } from "./Intake.ts"
import { Signal } from "./Signal.ts"

export interface Workbench {
  readonly connection: Connection
  readonly intake: Intake
  readonly trouble: AppendTrouble
  /** Something of `SUB` was missed. */
  readonly feed: Signal
  /** A partition may be behind the feed. */
  readonly catchUp: Signal
  /** Something was taken in. */
  readonly prepare: Signal
  /** Something is ready, or an append has ended. */
  readonly append: Signal
}

export const makeWorkbench = (connection: Connection): Workbench => ({
  connection,
  intake: new Intake(),
  trouble: new AppendTrouble(),
  feed: new Signal(),
  catchUp: new Signal(),
  prepare: new Signal(),
  append: new Signal()
})

/** How long a loop sleeps when no signal comes and no delay ends. */
export const IDLE_MS = 1_000

/** Sleeps until signalled or until the next of some delays ends. */
export const sleepOf = (now: number, ends: ReadonlyArray<number | undefined>): number =>
  ends.reduce<number>((shortest, end) => (end === undefined ? shortest : Math.min(shortest, end - now)), IDLE_MS)
