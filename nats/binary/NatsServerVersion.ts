/** Which nats-server Attune runs, and how versions are read and compared. Pure. */
import * as Option from "effect/Option"

export interface NatsServerVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** "RC.1" and the like: older than the version without it. */
  readonly preRelease: string
}

/** The version that is downloaded. */
export const pinnedVersion: NatsServerVersion = { major: 2, minor: 15, patch: 1, preRelease: "" }

/**
 * The oldest version that is accepted. 2.15 is what makes `sync_interval: always` affordable and its fixes keep it
 * true; with an older server acknowledged messages may be lost (ADR 0003).
 */
export const minimumVersion: NatsServerVersion = { ...pinnedVersion }

/**
 * Reads the first version in a text: "nats-server: v2.15.1", "2.15.1", or a package's "1:2.15.1-1".
 *
 * A hyphen and a letter begin a pre-release ("2.15.1-RC.1"); a hyphen and a digit are a package's own revision.
 */
export const parseVersion = (text: string): Option.Option<NatsServerVersion> => {
  const match = /(?:^|[^\d.])v?(\d+)\.(\d+)\.(\d+)(?:[-~]([A-Za-z][\w.]*))?/.exec(text)
  if (match === null) return Option.none()
  const [, major, minor, patch, preRelease = ""] = match
  return Option.some({ major: Number(major), minor: Number(minor), patch: Number(patch), preRelease })
}

/** Less than zero when `a` is older than `b`, zero when they are the same. */
export const compareVersions = (a: NatsServerVersion, b: NatsServerVersion): number => {
  if (a.major !== b.major) return a.major - b.major
  if (a.minor !== b.minor) return a.minor - b.minor
  if (a.patch !== b.patch) return a.patch - b.patch
  if (a.preRelease === b.preRelease) return 0
  if (a.preRelease === "") return 1
  if (b.preRelease === "") return -1
  return a.preRelease < b.preRelease ? -1 : 1
}

export const isNewEnough = (version: NatsServerVersion): boolean => compareVersions(version, minimumVersion) >= 0

export const formatVersion = ({ major, minor, patch, preRelease }: NatsServerVersion): string =>
  `${major}.${minor}.${patch}${preRelease === "" ? "" : `-${preRelease}`}`
