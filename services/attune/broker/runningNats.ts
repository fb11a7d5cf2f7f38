/**
 * The broker that a running `attune up` has embedded, found by its data folder: how a further edge or analyzer on the
 * same machine joins without being told an address or a password.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { brokerCredentials } from "#nats/server/brokerCredentials.ts"
import { brokerFolder } from "#nats/server/brokerFolder.ts"
import { readPorts } from "#nats/server/BrokerProcess.ts"
import type { Role } from "#nats/server/roles.ts"
import { BrokerAccess } from "./BrokerAccess.ts"
import { readDurability } from "./readDurability.ts"

/** Neither an address of a NATS server was given, nor does one run for this data folder. */
export class NoBroker extends Data.TaggedError("NoBroker")<{ readonly dataDir: string }> {
  readonly retryable = false
  override get message(): string {
    return `no broker: nothing runs for the data folder ${this.dataDir}; start \`attune up\` on it, or set ATTUNE_NATS_URL`
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // No such process, or one of somebody else's, which is not this folder's broker either.
    return false
  }
}

export const runningNats = (dataDir: string) =>
  Layer.effect(
    BrokerAccess,
    Effect.gen(function* () {
      const absent = new NoBroker({ dataDir })
      if (!existsSync(join(dataDir, "broker"))) return yield* absent
      const folder = brokerFolder(dataDir)
      if (!existsSync(folder.portsDir) || !existsSync(folder.credentialsFile)) return yield* absent
      const { port } = yield* Option.match(
        Option.filter(readPorts(folder.portsDir), ({ pid }) => isAlive(pid)),
        {
          onNone: () => absent,
          onSome: Effect.succeed
        }
      )
      const credentials = yield* brokerCredentials(folder.credentialsFile)
      const servers = [`nats://127.0.0.1:${port}`]
      const endpointOf = (role: Role) => ({ servers, role, ...credentials[role] })
      return BrokerAccess.of({
        description: `the broker of the data folder ${dataDir}, at ${servers.join("")}`,
        endpointOf,
        durability: readDurability(endpointOf("system"), undefined)
      })
    })
  )
