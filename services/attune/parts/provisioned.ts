/** Brings the broker to the topology, as the one role that may, and judges what it found. */
import * as Effect from "effect/Effect"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { acceptDurability } from "#nats/durability.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { provision } from "#nats/provision.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"

/** Provisions, and refuses a broker whose acknowledgements mean less than the operator settles for. */
export const provisioned = Effect.fnUntraced(function* ({
  durability: accepted,
  natsReplicas,
  rateMaxEvents,
  ratePerSeconds
}: Settings) {
  const { durability, endpointOf } = yield* BrokerAccess
  return yield* Effect.gen(function* () {
    const verdict = yield* durability
    yield* Effect.fromResult(acceptDurability(verdict, accepted))
    if (verdict._tag !== "always") {
      const means = verdict._tag === "interval" ? `synced every ${verdict.milliseconds} ms` : verdict.reason
      yield* Effect.logWarning(`acknowledged does not mean on disk here (${means}); accepted by ATTUNE_DURABILITY`)
    }
    const report = yield* provision({
      replicas: natsReplicas,
      messageRate: { maxEvents: rateMaxEvents, perSeconds: ratePerSeconds }
    })
    return { report, verdict }
    // Connected first: a broker that is not there is told as that, not as one of unknown durability.
  }).pipe(Effect.provide(NatsConnection.layer(endpointOf("provisioner"))))
})
