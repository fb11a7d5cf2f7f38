import * as fc from "fast-check"
import * as Option from "effect/Option"
import { describe, expect, it } from "vitest"
import {
  compareVersions,
  formatVersion,
  isNewEnough,
  minimumVersion,
  type NatsServerVersion,
  parseVersion,
  pinnedVersion
} from "#nats/binary/NatsServerVersion.ts"
import { MINIMUM_SERVER_VERSION } from "#nats/Topology.ts"

const version = fc.record({
  major: fc.nat(30),
  minor: fc.nat(30),
  patch: fc.nat(30),
  preRelease: fc.constantFrom("", "RC.1", "RC.2", "preview.1")
})
const read = (text: string): NatsServerVersion => Option.getOrThrow(parseVersion(text))

describe("parseVersion", () => {
  it("reads what nats-server prints about itself", () => {
    expect(read("nats-server: v2.15.1\n")).toEqual({ major: 2, minor: 15, patch: 1, preRelease: "" })
  })

  it("reads a Debian package's version, epoch and revision aside", () => {
    expect(formatVersion(read("2.15.1-1"))).toBe("2.15.1")
    expect(formatVersion(read("1:2.15.1-1+b2"))).toBe("2.15.1")
  })

  it("keeps a pre-release apart", () => {
    expect(read("v2.15.1-RC.1").preRelease).toBe("RC.1")
  })

  it("finds none in a text without one", () => {
    expect(Option.isNone(parseVersion("command not found"))).toBe(true)
  })

  it("reads back every version it writes", () => {
    fc.assert(
      fc.property(version, (one) => {
        expect(read(formatVersion(one))).toEqual(one)
      })
    )
  })
})

describe("compareVersions", () => {
  it("counts by number, not by letter", () => {
    expect(compareVersions(read("2.9.10"), read("2.15.1"))).toBeLessThan(0)
    expect(compareVersions(read("2.15.10"), read("2.15.9"))).toBeGreaterThan(0)
  })

  it("takes a pre-release for older than its release", () => {
    expect(compareVersions(read("2.15.1-RC.1"), read("2.15.1"))).toBeLessThan(0)
  })

  it("is an order: opposite when swapped, and zero only for the same", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)))
        expect(compareVersions(a, b) === 0).toBe(formatVersion(a) === formatVersion(b))
      })
    )
  })
})

describe("the versions of this build", () => {
  it("ask for the same minimum as a connection does", () => {
    expect(formatVersion(minimumVersion)).toBe(MINIMUM_SERVER_VERSION)
  })

  it("accept the pinned one and nothing older than the minimum", () => {
    expect(isNewEnough(pinnedVersion)).toBe(true)
    expect(isNewEnough({ ...minimumVersion, patch: minimumVersion.patch - 1 })).toBe(false)
    expect(isNewEnough({ ...minimumVersion, preRelease: "RC.1" })).toBe(false)
  })
})
