/** What provisioning did and found, as lines for people. Pure. */
import type { ProvisionReport } from "#nats/provision.ts"

/** One line for each stream, and one more for each difference that was put right or is left. */
export const renderReport = ({ epoch, streams }: ProvisionReport): ReadonlyArray<string> => [
  ...streams.flatMap(({ changed, drifted, outcome, stream }) => [
    `  ${stream.padEnd(18)} ${outcome}${drifted.length > 0 ? ", DRIFTED" : ""}`,
    ...changed.map(({ field, found, wanted }) => `    ${field}: ${found} -> ${wanted}`),
    ...drifted.map(({ field, found, wanted }) => `    ${field}: is ${found}, should be ${wanted}; left as it is`)
  ]),
  `  epoch ${epoch}`
]

/** True if something on the server differs from the topology and was not put right. */
export const hasDrift = ({ streams }: ProvisionReport): boolean => streams.some(({ drifted }) => drifted.length > 0)
