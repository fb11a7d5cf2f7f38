/** The keyring of the product: its entries stand in the `KEYS` bucket, where the broker refuses a second write. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Connection, NatsConnection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { publish } from "#nats/publish.ts"
import { lastFromLeader } from "#nats/read.ts"
import { bucketKey } from "#nats/Subjects.ts"
import { bucketStream, KEYS } from "#nats/Topology.ts"
import type { KeyEntries } from "./KeyEntries.ts"
import { Keyring, KeyringError } from "./Keyring.ts"
import { makeKeyring } from "./makeKeyring.ts"

const unavailable = (error: NatsError): KeyringError =>
  new KeyringError({ reason: "Unavailable", detail: error.message })

/** Should the bucket ever be made without its own refusal, this one still keeps a key from being overwritten. */
const ONLY_THE_FIRST = { "Nats-Expected-Last-Subject-Sequence": "0" }

const kvEntries = (connection: Connection): KeyEntries => {
  const read: KeyEntries["read"] = (name) =>
    lastFromLeader(connection, bucketStream(KEYS), bucketKey(KEYS, name)).pipe(
      Effect.map(Option.map(({ data }) => data)),
      Effect.mapError(unavailable)
    )
  const standing = (name: string) =>
    Effect.flatMap(
      read(name),
      Option.match({
        onNone: () => Effect.fail(new KeyringError({ reason: "Unavailable", detail: "an entry vanished" })),
        onSome: (entry) => Effect.succeed({ entry, created: false })
      })
    )
  return {
    read,
    writeOnce: (name, entry) =>
      publish(connection, { subject: bucketKey(KEYS, name), data: entry, headers: ONLY_THE_FIRST }).pipe(
        Effect.as({ entry: Buffer.from(entry), created: true }),
        Effect.catch((error) =>
          error.reason === "SubjectFull" || error.reason === "WrongLastSequence"
            ? standing(name)
            : Effect.fail(unavailable(error))
        )
      )
  }
}

/** Fails with `Broken` if `KEYS` was written with another master key. `masterKey` is the 32 bytes of `loadMasterKey`. */
export const layerKv = ({
  masterKey
}: {
  readonly masterKey: Uint8Array
}): Layer.Layer<Keyring, KeyringError, NatsConnection> =>
  Layer.effect(
    Keyring,
    Effect.flatMap(NatsConnection, (connection) => makeKeyring(kvEntries(connection), masterKey))
  )
