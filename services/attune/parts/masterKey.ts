/** Where a process takes the master key from: what the operator gave, else the file in the data folder. */
import { join } from "node:path"
import type { Settings } from "#libs/config/decodeSettings.ts"
import type { MasterKeySource } from "#libs/keyring/MasterKey.ts"

const given = ({ masterKey, masterKeyFile }: Settings): MasterKeySource | undefined => {
  if (masterKey !== undefined) return { value: masterKey }
  return masterKeyFile === undefined ? undefined : { file: masterKeyFile }
}

/** For `up`, which owns its data folder: the key is made there at the first start. */
export const ownMasterKey = (settings: Settings, dataDir: string): MasterKeySource =>
  given(settings) ?? { makeIn: dataDir }

/** For a process beside others: a key of its own making would open nothing that they wrote. */
export const sharedMasterKey = (settings: Settings): MasterKeySource =>
  given(settings) ?? { file: join(settings.dataDir, "master.key") }
