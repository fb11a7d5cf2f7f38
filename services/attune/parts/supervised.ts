/** Ends a process whose part has died: a fresh start repairs more than a limping process does. */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Supervision } from "#libs/telemetry/Supervision.ts"

/** The log says why. */
export class PartDied extends Data.TaggedError("PartDied")<{ readonly part: string }> {
  readonly retryable = false
  override get message(): string {
    return `${this.part} has died, so this process ends; the log says why, and a new start is safe`
  }
}

/** Runs `body` until it ends or a part that it started dies. */
export const supervised = <A, E, R>(body: Effect.Effect<A, E, R>): Effect.Effect<A, E | PartDied, R> =>
  Effect.gen(function* () {
    const death = yield* Deferred.make<never, PartDied>()
    const died = (part: string): void => {
      Deferred.doneUnsafe(death, Effect.fail(new PartDied({ part })))
    }
    return yield* Effect.raceFirst(body, Deferred.await(death)).pipe(Effect.provideService(Supervision, { died }))
  })
