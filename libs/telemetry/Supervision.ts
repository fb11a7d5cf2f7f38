/**
 * What becomes of a process when a part of it dies that should never end. The runtime tells nobody of a failed fiber
 * that nobody waits for, so a part that runs for ever is forked here: its death is logged, and reported to whoever
 * runs the process, who ends it rather than let it limp.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/** Told the name of a part that died; by default nobody listens, and the log entry is all. */
export const Supervision = Context.Reference<{ readonly died: (part: string) => void }>(
  "attune/telemetry/Supervision",
  {
    defaultValue: () => ({ died: () => undefined })
  }
)

/** Forks `work` into the scope, where it has to run until the scope closes; any other end is a death. */
export const forkForever =
  (part: string) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R | Scope.Scope> =>
    Effect.flatMap(Supervision, ({ died }) =>
      work.pipe(
        Effect.onExit((exit) =>
          Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
            ? Effect.void
            : Effect.logError(`${part} has died`, ...(Exit.isFailure(exit) ? [exit.cause] : [])).pipe(
                Effect.andThen(Effect.sync(() => died(part)))
              )
        ),
        Effect.forkScoped
      )
    )
