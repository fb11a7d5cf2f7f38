import * as Option from "effect/Option"
import { describe, expect, it } from "vitest"
import {
  type AptSource,
  distributionMirror,
  parseDeb822Sources,
  parseOneLineSources,
  parseOsRelease,
  sourceLine,
  suitesNewestFirst
} from "#nats/binary/aptSources.ts"

const debian = { id: "debian", codename: "bookworm" }
const source = (changes: Partial<AptSource>): AptSource => ({
  uri: "http://deb.debian.org/debian",
  suites: ["bookworm"],
  components: ["main"],
  signedBy: Option.none(),
  ...changes
})

describe("parseOneLineSources", () => {
  it("reads address, suite, components and keyring of each deb line", () => {
    const text = [
      "# a comment",
      "deb-src http://deb.debian.org/debian bookworm main",
      "deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.test/debian bookworm main contrib # ours",
      "deb http://security.debian.org bookworm-security main"
    ].join("\n")
    expect(parseOneLineSources(text)).toEqual([
      source({
        uri: "http://mirror.test/debian",
        components: ["main", "contrib"],
        signedBy: Option.some("/usr/share/keyrings/a.gpg")
      }),
      source({ uri: "http://security.debian.org", suites: ["bookworm-security"] })
    ])
  })
})

describe("parseDeb822Sources", () => {
  it("reads each enabled stanza, comments and continued fields too", () => {
    const text = [
      "Types: deb deb-src",
      "# a comment inside",
      "URIs: http://deb.debian.org/debian http://second.test/debian",
      "Suites: bookworm",
      " bookworm-updates",
      "Components: main",
      "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
      "",
      "Types: deb",
      "URIs: http://off.test/debian",
      "Suites: bookworm",
      "Components: main",
      "Enabled: no",
      "",
      "Types: deb-src",
      "URIs: http://src.test/debian",
      "Suites: bookworm",
      "Components: main"
    ].join("\n")
    const signedBy = Option.some("/usr/share/keyrings/debian-archive-keyring.gpg")
    expect(parseDeb822Sources(text)).toEqual([
      source({ suites: ["bookworm", "bookworm-updates"], signedBy }),
      source({ uri: "http://second.test/debian", suites: ["bookworm", "bookworm-updates"], signedBy })
    ])
  })
})

describe("distributionMirror", () => {
  it("takes the distribution's mirror, not a vendor's repository for the same suite", () => {
    const vendor = source({ uri: "https://apt.vendor.test" })
    const mirror = source({ uri: "http://mirror.test/debian/" })
    expect(distributionMirror([vendor, mirror], debian)).toEqual(Option.some(mirror))
  })

  it("knows a mirror by the distribution's keyring when its address tells nothing", () => {
    const vendor = source({ uri: "https://apt.vendor.test" })
    const mirror = source({
      uri: "http://10.0.0.1/pool",
      signedBy: Option.some("/usr/share/keyrings/debian-archive-keyring.gpg")
    })
    expect(distributionMirror([vendor, mirror], debian)).toEqual(Option.some(mirror))
  })

  it("finds none where only security updates, other suites or discs are configured", () => {
    const others = [
      source({ suites: ["bookworm-security"] }),
      source({ suites: ["nodistro"] }),
      source({ uri: "cdrom:[Debian]/" }),
      source({ components: ["stable"] })
    ]
    expect(distributionMirror(others, debian)).toEqual(Option.none())
  })
})

describe("the suites to ask", () => {
  it("begin with the newest and end with the one that is installed", () => {
    expect(suitesNewestFirst(debian)).toEqual(["unstable", "testing", "stable-backports", "stable", "bookworm"])
    expect(suitesNewestFirst({ id: "ubuntu", codename: "noble" })).toEqual(["devel", "noble"])
  })

  it("come from the machine's os-release, quoted or not", () => {
    expect(parseOsRelease('NAME="Ubuntu"\nID=ubuntu\nVERSION_CODENAME="noble"\n')).toEqual({
      id: "ubuntu",
      codename: "noble"
    })
  })

  it("are asked one at a time, under the mirror's keyring when it has one", () => {
    const signedBy = Option.some("/usr/share/keyrings/k.gpg")
    expect(sourceLine(source({ signedBy }), "testing", debian)).toBe(
      "deb [signed-by=/usr/share/keyrings/k.gpg] http://deb.debian.org/debian testing main\n"
    )
    expect(sourceLine(source({}), "devel", { id: "ubuntu", codename: "noble" })).toBe(
      "deb http://deb.debian.org/debian devel main universe\n"
    )
  })
})
