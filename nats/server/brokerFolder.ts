/** The broker's own folder inside a data folder: where each file is, and how it is made ready for a start. */
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { brokerCredentials } from "#nats/server/brokerCredentials.ts"
import { renderServerConf, type ServerConfValues } from "#nats/server/serverConf.ts"

export interface BrokerFolder {
  readonly root: string
  readonly configFile: string
  readonly credentialsFile: string
  readonly pidFile: string
  readonly logFile: string
  readonly portsDir: string
  readonly storeDir: string
}

/** The folder's files. The root is made when missing and named by its real path, by which a leftover is recognised. */
export const brokerFolder = (dataDir: string): BrokerFolder => {
  const made = join(dataDir, "broker")
  mkdirSync(made, { recursive: true, mode: 0o700 })
  const root = realpathSync(made)
  return {
    root,
    configFile: join(root, "nats-server.conf"),
    credentialsFile: join(root, "credentials.json"),
    pidFile: join(root, "nats-server.pid"),
    logFile: join(root, "nats-server.log"),
    portsDir: join(root, "ports"),
    storeDir: join(root, "jetstream")
  }
}

/** The configuration could not be written: a full disk or a folder of somebody else. */
export class BrokerFolderUnusable extends Data.TaggedError("BrokerFolderUnusable")<{
  readonly folder: string
  readonly reason: string
  readonly retryable: false
}> {
  override get message(): string {
    return `${this.folder}: ${this.reason}`
  }
}

const template = readFileSync(fileURLToPath(new URL("../server.conf", import.meta.url)), "utf8")

/** The part of the configuration that is the caller's choice. */
export type BrokerSettings = Pick<ServerConfValues, "sync" | "maxMemoryStoreBytes" | "maxFileStoreBytes">

/** Writes the configuration file (mode 0600: it holds passwords) and answers the credentials written there. */
export const prepareBrokerFolder = Effect.fn("nats/server/prepareBrokerFolder")(function* (
  folder: BrokerFolder,
  settings: BrokerSettings
) {
  const credentials = yield* brokerCredentials(folder.credentialsFile)
  const text = renderServerConf(template, { serverName: "attune", ...folder, ...settings, credentials })
  yield* Effect.try({
    try: () => {
      writeFileSync(folder.configFile, text, { mode: 0o600 })
      chmodSync(folder.configFile, 0o600)
    },
    catch: (cause) =>
      new BrokerFolderUnusable({
        folder: folder.root,
        reason: `the configuration cannot be written (${String(cause)})`,
        retryable: false
      })
  })
  return credentials
})
