/** Reads where a machine gets its packages from: apt's one-line and deb822 source files. Pure: text in, data out. */
import * as Option from "effect/Option"

/** One place packages come from: a mirror with the suites and components configured for it. */
export interface AptSource {
  readonly uri: string
  readonly suites: ReadonlyArray<string>
  readonly components: ReadonlyArray<string>
  /** A keyring file or inline key; none when the machine's trusted keys are used. */
  readonly signedBy: Option.Option<string>
}

const words = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((word) => word !== "")

const parseLine = (line: string): ReadonlyArray<AptSource> => {
  const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line.trim())
  if (match === null) return []
  const [, options = "", uri = "", suite = "", components = ""] = match
  const signedBy = Option.fromNullishOr(/(?:^|\s)signed-by=(\S+)/.exec(options)?.[1])
  return [{ uri, suites: [suite], components: words(components), signedBy }]
}

/** The `deb` lines of a `.list` file. */
export const parseOneLineSources = (text: string): ReadonlyArray<AptSource> => text.split("\n").flatMap(parseLine)

const parseStanza = (stanza: string): ReadonlyArray<AptSource> => {
  const fields = new Map<string, string>()
  let last = ""
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue
    const match = /^([\w-]+):\s*(.*)$/.exec(line)
    if (match === null) fields.set(last, `${fields.get(last) ?? ""}\n${line.trim()}`)
    else {
      last = (match[1] ?? "").toLowerCase()
      fields.set(last, match[2] ?? "")
    }
  }
  const list = (name: string) => words(fields.get(name) ?? "")
  const isOff = /^(?:no|false|off|0|disable|without)$/i.test((fields.get("enabled") ?? "yes").trim())
  if (isOff || !list("types").includes("deb")) return []
  const signedBy = Option.fromNullishOr(fields.get("signed-by")).pipe(Option.filter((key) => key.trim() !== ""))
  return list("uris").map((uri) => ({ uri, suites: list("suites"), components: list("components"), signedBy }))
}

/** The enabled `deb` stanzas of a `.sources` file (deb822). */
export const parseDeb822Sources = (text: string): ReadonlyArray<AptSource> =>
  text.split(/\n\s*\n/).flatMap((stanza) => parseStanza(stanza))

/** A distribution as its /etc/os-release tells. */
export interface Distribution {
  readonly id: string
  readonly codename: string
}

export const parseOsRelease = (text: string): Distribution => {
  const value = (name: string) => new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(text)?.[1]?.toLowerCase() ?? ""
  return { id: value("ID"), codename: value("VERSION_CODENAME") }
}

/** Suites to look in, newest first; a suite that the mirror does not offer is passed over. */
export const suitesNewestFirst = (distribution: Distribution): ReadonlyArray<string> => {
  const released = distribution.id === "ubuntu" ? ["devel"] : ["unstable", "testing", "stable-backports", "stable"]
  return distribution.codename === "" ? released : [...released, distribution.codename]
}

/**
 * The distribution's own mirror among the configured sources: it carries the distribution's suites in `main`, and its
 * address or keyring bears the distribution's name, which tells it from a vendor's repository for the same suite.
 */
export const distributionMirror = (
  sources: ReadonlyArray<AptSource>,
  distribution: Distribution
): Option.Option<AptSource> => {
  const known = suitesNewestFirst(distribution)
  const named = ({ signedBy, uri }: AptSource) =>
    new RegExp(`/${distribution.id}/?$`).test(uri) ||
    Option.exists(signedBy, (key) => key.includes(`${distribution.id}-archive`))
  const candidates = sources.filter(
    ({ components, suites, uri }) =>
      components.includes("main") && !uri.startsWith("cdrom:") && suites.some((suite) => known.includes(suite))
  )
  return Option.fromNullishOr(candidates.find(named) ?? candidates[0])
}

/** A source file for one suite of that mirror. */
export const sourceLine = (mirror: AptSource, suite: string, distribution: Distribution): string => {
  const isFile = Option.exists(mirror.signedBy, (key) => key.startsWith("/"))
  const options = isFile ? `[signed-by=${Option.getOrElse(mirror.signedBy, () => "")}] ` : ""
  const components = distribution.id === "ubuntu" ? "main universe" : "main"
  return `deb ${options}${mirror.uri} ${suite} ${components}\n`
}
