/**
 * Sends at a fixed rate whatever the server does, and measures from the moment each message was due: a server that falls
 * behind cannot hide it by slowing the sender down (coordinated omission).
 */
import { setTimeout as delay } from "node:timers/promises"
import type { Members } from "./Members.ts"

export interface OpenLoopResult {
  /** Milliseconds from due to receipt, one entry a receipt. */
  readonly latencies: ReadonlyArray<number>
  readonly sent: number
  /** Receipts that never came. */
  readonly missing: number
}

export interface OpenLoopOptions {
  readonly perSecond: number
  readonly seconds: number
  /** How long to wait for the last receipts, in milliseconds. */
  readonly settleMs: number
}

/** Feeds receipts back to the loop; handed to the members when they join. */
export class DueTimes {
  private readonly due: Array<number> = []
  readonly latencies: Array<number> = []

  sentAt(message: number, time: number): void {
    this.due[message] = time
  }

  receipt(message: number): void {
    const time = this.due[message]
    if (time !== undefined) this.latencies.push(performance.now() - time)
  }

  clear(): void {
    this.latencies.length = 0
  }
}

export const openLoop = async (
  members: Members,
  due: DueTimes,
  { perSecond, seconds, settleMs }: OpenLoopOptions
): Promise<OpenLoopResult> => {
  const interval = 1_000 / perSecond
  const total = Math.round(perSecond * seconds)
  const start = performance.now() + 20
  due.clear()
  for (let index = 0; index < total;) {
    const now = performance.now()
    while (index < total && start + index * interval <= now) {
      due.sentAt(members.send(index), start + index * interval)
      index++
    }
    await delay(1)
  }
  const deadline = performance.now() + settleMs
  while (members.missing() > 0 && performance.now() < deadline) await delay(5)
  return { latencies: [...due.latencies], sent: total, missing: members.missing() }
}
