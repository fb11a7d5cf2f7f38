/** Brings the broker to the topology, as the one role that may, and judges what it found. */
import * as Effect from "effect/Effect"
import type { Settings } from "#libs/config/decodeSettings.ts"
import { acceptDurability } from "#nats/durability.ts"
import { NatsConnection } from "#nats/NatsConnection.ts"
import { type ProvisionReport, provision } from "#nats/provision.ts"
import { BrokerAccess } from "../broker/BrokerAccess.ts"

/** Provisions, and refuses a broker whose acknowledgements mean less than the operator settles for. */
export const provisioned = Effect.fnUntraced(function* ({
  durability: accepted,
  natsReplicas,
  rateMaxEvents,
  ratePerSeconds
}: Settings) {
  const broker = yield* BrokerAccess
  const verdict = yield* broker.durability
  yield* Effect.fromResult(acceptDurability(verdict, accepted))
  if (verdict._tag !== "always") {
    const means = verdict._tag === "interval" ? `synced every ${verdict.milliseconds} ms` : verdict.reason
    yield* Effect.logWarning(`acknowledged does not mean on disk here (${means}); accepted by ATTUNE_DURABILITY`)
  }
  const report: ProvisionReport = yield* provision({
    replicas: natsReplicas,
    messageRate: { maxEvents: rateMaxEvents, perSeconds: ratePerSeconds }
  }).pipe(Effect.provide(NatsConnection.layer(broker.endpointOf("provisioner"))))
  return { report, verdict }
})
