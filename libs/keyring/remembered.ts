/** Look-ups that are made once: the answers stay in memory, and those who ask while one is under way share it. */
import * as Cache from "effect/Cache"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { KeyringError } from "./Keyring.ts"
import { recentlyUsed } from "./recentlyUsed.ts"

/** How long a destroyed key is not asked for again: history may name it many times, and it may yet be restored. */
const DESTROYED_FOR = Duration.seconds(2)
/** Look-ups under way, and keys that were lately found destroyed. */
const PENDING = 1_000

const timeToLive = <A>(exit: Exit.Exit<A, KeyringError>): Duration.Duration => {
  const error = Exit.findErrorOption(exit)
  return Option.isSome(error) && error.value.reason === "Destroyed" ? DESTROYED_FOR : Duration.zero
}

/** Answers from memory, else by a look-up that all who ask meanwhile share, and that goes on when one of them leaves. */
export const remembered = <Key extends string, A>(
  capacity: number,
  lookup: (key: Key) => Effect.Effect<A, KeyringError>
) =>
  Effect.gen(function* () {
    const known = recentlyUsed<Exit.Exit<A>>(capacity)
    const set = (key: Key, value: A) => known.set(key, Exit.succeed(value))
    const pending = yield* Cache.makeWith(
      (key: Key) => Effect.tap(lookup(key), (value) => Effect.sync(() => set(key, value))),
      { capacity: PENDING, timeToLive }
    )
    const get = (key: Key): Effect.Effect<A, KeyringError> => known.get(key) ?? Cache.get(pending, key)
    return { get, set }
  })
