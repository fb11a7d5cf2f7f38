/** Finds the nats-server before the first test, or fetches it once for all of them, as the product does at its start. */
import * as Effect from "effect/Effect"
import { locateNatsServer, machineEnvironment } from "#nats/binary/locateNatsServer.ts"

const say = (line: string) => Effect.sync(() => process.stderr.write(`${line}\n`))

export default async (): Promise<void> => {
  process.env["NATS_SERVER_BIN"] ??= await Effect.runPromise(locateNatsServer(machineEnvironment(process.env, say)))
}
