/**
 * Keeps this instance's fair share of the partitions: every half second it shows itself, looks at all leases, and claims,
 * lets go of, or takes up what the plan says. All of it is liveness; a partition is safe with any number of keepers.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { holdersOf, type LeaseTable } from "#libs/leases/LeaseTable.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { lastFromLeader } from "#nats/read.ts"
import { submissionsOfPartition } from "#nats/Subjects.ts"
import { LEASE_TTL_SECONDS, PARTITIONS, SUB } from "#nats/Topology.ts"
import type { Deferrals } from "./Deferrals.ts"
import type { Leases } from "./Leases.ts"
import { partitionsHeld } from "./metrics.ts"
import { PartitionLog } from "./PartitionLog.ts"
import { planLeases } from "./planLeases.ts"
import { readHead } from "./readHead.ts"
import type { Workbench } from "./Workbench.ts"

export interface LeaseKeeperOptions {
  readonly instance: string
  readonly leases: Leases
  readonly deferrals: Deferrals
  /** Told after each look at the leases whether it succeeded, and no partition is left to others for being refused. */
  readonly onTick: (well: boolean) => void
}

const TICK_MS = 500
const CONCURRENCY = 16
const QUIET_POLL_MS = 5
const QUIET_POLLS = 300

/** Waits until no append of these partitions is on its way, for a second and a half at most. */
const untilQuiet = (logs: ReadonlyArray<PartitionLog>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let poll = 0; poll < QUIET_POLLS && logs.some((log) => log.isAppending); poll++) {
      yield* Effect.sleep(QUIET_POLL_MS)
    }
  })

/** Begins nothing more, and waits for what is on its way. */
export const comeToRest = ({ intake }: Workbench): Effect.Effect<void> =>
  Effect.suspend(() => {
    const logs = [...intake.logs.values()]
    for (const log of logs) log.close()
    return untilQuiet(logs)
  })

/** Says that this instance is on its way out, so that others take its partitions over at once. */
export const leave = (leases: Leases): Effect.Effect<void> =>
  // Without the broker nobody can be told; the presence lapses by itself.
  Effect.ignore(leases.show({ leaving: true, avoids: [] }))

export const runLeaseKeeper = (
  bench: Workbench,
  { deferrals, instance, leases, onTick }: LeaseKeeperOptions
): Effect.Effect<never> => {
  const { connection, intake, trouble } = bench
  const revisionOf = (table: LeaseTable, partition: number) => table.partitions.get(partition)?.revision ?? 0

  const takeUp = (partition: number): Effect.Effect<void, NatsError> =>
    Effect.gen(function* () {
      // The head first: what is appended after it is seen through the fence.
      const head = yield* readHead(connection, partition)
      const last = yield* lastFromLeader(connection, SUB, submissionsOfPartition(partition))
      intake.own(new PartitionLog(partition, head), Option.match(last, { onNone: () => 0, onSome: ({ seq }) => seq }))
      bench.catchUp.notify()
    })

  const letGo = (partition: number, table: LeaseTable) =>
    Effect.gen(function* () {
      const log = intake.logs.get(partition)
      if (log !== undefined) {
        log.close()
        yield* untilQuiet([log])
        intake.disown(log)
      }
      yield* leases.release(partition, revisionOf(table, partition))
    })

  const each = <A>(items: ReadonlyArray<A>, act: (item: A) => Effect.Effect<unknown, NatsError>) =>
    Effect.forEach(items, act, { concurrency: CONCURRENCY, discard: true })

  const tick = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const refused = trouble.avoided(now)
    const avoids = [...new Set([...deferrals.avoided(now), ...refused])]
    yield* leases.show({ leaving: false, avoids })
    const table = yield* leases.read
    const holders = holdersOf(table)
    const others = [...table.instances].flatMap(([id, presence]) =>
      id === instance || presence.leaving ? [] : [{ id, avoids: new Set(presence.avoids) }]
    )
    const self = { id: instance, avoids: new Set(avoids) }
    const plan = planLeases({ partitions: PARTITIONS, instances: [self, ...others], holders }, instance)

    for (const log of intake.logs.values()) if (holders.get(log.index) !== instance) intake.disown(log)
    yield* each(plan.release, (partition) => letGo(partition, table))
    yield* each(plan.claim, (partition) =>
      Effect.flatMap(leases.claim(partition, revisionOf(table, partition)), (claimed) =>
        claimed ? takeUp(partition) : Effect.void
      )
    )
    // Held by the table, and not worked on: given up for a moment after somebody else wrote it, or after a reconnect.
    const idle = [...holders].flatMap(([partition, holder]) =>
      holder === instance && !intake.logs.has(partition) && !plan.release.includes(partition) ? [partition] : []
    )
    yield* each(idle, takeUp)
    yield* Metric.update(partitionsHeld, intake.logs.size)
    return refused.length === 0
  })

  return Effect.gen(function* () {
    let lastTurn = yield* Clock.currentTimeMillis
    while (true) {
      const now = yield* Clock.currentTimeMillis
      // This process was stopped for longer than its leases live: what it holds in memory is somebody else's work by now.
      if (now - lastTurn > LEASE_TTL_SECONDS * 1_000) for (const log of intake.logs.values()) intake.disown(log)
      lastTurn = now
      yield* tick.pipe(
        Effect.map(onTick),
        Effect.catch((error) =>
          Effect.andThen(
            Effect.logWarning("The leases cannot be kept").pipe(Effect.annotateLogs({ error: error.message })),
            Effect.sync(() => onTick(false))
          )
        )
      )
      yield* Effect.sleep(TICK_MS)
    }
  })
}
