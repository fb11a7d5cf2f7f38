import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { decodeSettings, type FlagTexts, type Settings } from "./decodeSettings.ts"
import type { Setting } from "./Setting.ts"
import { settings } from "./settings.ts"

const read = (env: NodeJS.ProcessEnv, flags: FlagTexts = {}): Settings => Result.getOrThrow(decodeSettings(env, flags))
const problems = (env: NodeJS.ProcessEnv, flags: FlagTexts = {}): ReadonlyArray<string> => {
  const result = decodeSettings(env, flags)
  return Result.isFailure(result) ? result.failure.problems : []
}

describe("decodeSettings", () => {
  it("has a value for everything that needs one when nothing is set", () => {
    const found = read({})
    expect(found.host).toBe("127.0.0.1")
    expect(found.port).toBe(8080)
    expect(found.rateMaxEvents).toBe(20)
    expect(found.ratePerSeconds).toBe(10)
    expect(found.durability).toBe("always")
    expect(found.natsUrl).toBeUndefined()
  })

  it("lets a flag win over its variable, and a variable over the default", () => {
    expect(read({ ATTUNE_PORT: "9000" }).port).toBe(9000)
    expect(read({ ATTUNE_PORT: "9000" }, { port: "0" }).port).toBe(0)
  })

  it("takes an empty variable for one that is not set", () => {
    expect(read({ ATTUNE_PORT: "", ATTUNE_MASTER_KEY: "" }).port).toBe(8080)
  })

  it("splits lists at commas", () => {
    expect(read({ ATTUNE_NATS_URL: "nats://a:4222, tls://b:4222" }).natsUrl).toEqual(["nats://a:4222", "tls://b:4222"])
  })

  it("names every unknown name and every bad value at once, with what is allowed", () => {
    const found = problems({ ATTUNE_PROT: "1", ATTUNE_PORT: "70000", ATTUNE_DURABILITY: "maybe", HOME: "/" })
    expect(found).toEqual([
      "ATTUNE_PROT is not a setting; did you mean ATTUNE_PORT?",
      'ATTUNE_PORT: "70000" is not a port from 0 to 65535',
      'ATTUNE_DURABILITY: "maybe" is not always, weaker or unverified'
    ])
  })

  it("names a bad flag as it was written", () => {
    expect(problems({}, { rateMaxEvents: "1e3" })).toEqual([
      '--rate-max-events: "1e3" is not a whole number from 1 to 10000'
    ])
  })

  it.each(["", " 1", "0x10", "1e3", "-1", "1.5", "99999999999999999999"])("refuses %j as a number", (text) => {
    expect(problems({}, { port: text })).toHaveLength(1)
  })

  it.each(["0.0.0.0", "192.168.0.1", "example.org", "::"])(
    "refuses to listen on %s, where others could reach it",
    (host) => {
      expect(problems({ ATTUNE_HOST: host }).join("")).toContain("loopback")
    }
  )

  it("never prints a secret, given or refused", () => {
    const secret = "hunter2"
    const found = read({
      ATTUNE_NATS_URL: "nats://a:4222",
      ATTUNE_NATS_USER: "edge",
      ATTUNE_NATS_PASSWORD: secret,
      ATTUNE_MASTER_KEY: secret
    })
    expect(found.natsPassword === undefined ? "" : Redacted.value(found.natsPassword)).toBe(secret)
    expect(JSON.stringify(found)).not.toContain(secret)
    const refused = problems({ ATTUNE_NATS_URL: `nats://user:${secret}@a:4222` })
    expect(refused).toHaveLength(1)
    expect(refused.join()).not.toContain(secret)
  })

  it("knows what needs and what excludes another", () => {
    const own = { ATTUNE_NATS_URL: "nats://a:4222" }
    expect(problems({ ...own, ATTUNE_NATS_USER: "edge" })).toEqual([
      "ATTUNE_NATS_USER needs ATTUNE_NATS_PASSWORD beside it"
    ])
    expect(problems({ ...own, ATTUNE_NATS_TOKEN: "t", ATTUNE_NATS_CREDS_FILE: "c" })).toEqual([
      "ATTUNE_NATS_TOKEN and ATTUNE_NATS_CREDS_FILE exclude each other: give one"
    ])
    expect(problems({ ATTUNE_NATS_TOKEN: "t" }).join()).toContain("ATTUNE_NATS_URL is not set")
    expect(problems({ ATTUNE_NATS_REPLICAS: "3" }).join()).toContain("cluster")
  })
})

describe("the table of settings", () => {
  const all: ReadonlyArray<Setting<unknown>> = Object.values(settings)

  it("has one variable and one flag each, and a default that it accepts itself", () => {
    expect(new Set(all.map(({ env }) => env)).size).toBe(all.length)
    expect(new Set(all.map(({ flag }) => flag)).size).toBe(all.length)
    expect(problems({})).toEqual([])
  })

  it("names a flag like its variable", () => {
    for (const { env, flag } of all)
      expect(flag).toBe(
        env
          .replace(/^ATTUNE_/, "")
          .toLowerCase()
          .replaceAll("_", "-")
      )
  })
})
