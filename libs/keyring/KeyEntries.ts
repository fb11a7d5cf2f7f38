/** Where entries stand: whichever way it is kept, an entry once written is never replaced. */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { KeyringError } from "./Keyring.ts"

export interface KeyEntries {
  /** The entry under a name, never a stale absence. */
  readonly read: (name: string) => Effect.Effect<Option.Option<Uint8Array>, KeyringError>
  /** Writes the entry unless one stands there; gives the one that stands there now, and whether it is this one. */
  readonly writeOnce: (
    name: string,
    entry: string
  ) => Effect.Effect<{ readonly entry: Uint8Array; readonly created: boolean }, KeyringError>
}
