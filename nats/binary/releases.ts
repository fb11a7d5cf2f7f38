/** The official release archives of the pinned version, as data. */
import * as Option from "effect/Option"
import { formatVersion, pinnedVersion } from "#nats/binary/NatsServerVersion.ts"

export interface ReleaseArchive {
  readonly url: string
  /** Where the binary is inside the archive. */
  readonly member: string
  /** SHA-256 in hex; none where nobody has pinned one, and then the archive is not used. */
  readonly sha256: Option.Option<string>
}

interface Build {
  readonly name: string
  readonly sha256: Option.Option<string>
}

/** By Node's names of platform and processor. */
const builds: Readonly<Record<string, Build>> = {
  "linux-x64": {
    name: "linux-amd64",
    sha256: Option.some("bf5edc7b1ce98e885c368cb43a886eb148dc5d0551d99f3cf6141fb5e1954c70")
  },
  "linux-arm64": {
    name: "linux-arm64",
    sha256: Option.some("e2fbab4cad7d3c76e3052eb959570393c9d73ba756b70bf8e9eea61e9ae6d49c")
  },
  "darwin-x64": { name: "darwin-amd64", sha256: Option.none() },
  "darwin-arm64": { name: "darwin-arm64", sha256: Option.none() }
}

/** The page a person downloads from. */
export const releasePage = `https://github.com/nats-io/nats-server/releases/tag/v${formatVersion(pinnedVersion)}`

/** The archive for a platform such as "linux-x64"; none when NATS builds none that Attune knows of. */
export const releaseArchive = (platform: string): Option.Option<ReleaseArchive> =>
  Option.map(Option.fromNullishOr(builds[platform]), ({ name, sha256 }) => {
    const version = formatVersion(pinnedVersion)
    const folder = `nats-server-v${version}-${name}`
    const url = `https://github.com/nats-io/nats-server/releases/download/v${version}/${folder}.tar.gz`
    return { url, member: `${folder}/nats-server`, sha256 }
  })
