import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { decodeSettings } from "#libs/config/decodeSettings.ts"
import { BrokerAccess } from "./BrokerAccess.ts"
import { ownNats } from "./ownNats.ts"

const endpointOf = (env: NodeJS.ProcessEnv, servers = ["nats://a:4222"]) => {
  const settings = Result.getOrThrow(decodeSettings({ ...env, ATTUNE_NATS_URL: servers.join() }, {}))
  return Effect.runSync(
    BrokerAccess.use((broker) => Effect.succeed(broker.endpointOf("edge"))).pipe(
      Effect.provide(ownNats(settings, servers))
    )
  )
}

describe("an operator's own NATS", () => {
  it("is reached by what the settings give: user, token or credentials file", () => {
    expect(endpointOf({})).toEqual({ servers: ["nats://a:4222"], role: "edge" })
    expect(endpointOf({ ATTUNE_NATS_USER: "u", ATTUNE_NATS_PASSWORD: "p" })).toMatchObject({ user: "u", password: "p" })
    expect(endpointOf({ ATTUNE_NATS_TOKEN: "t" })).toMatchObject({ token: "t" })
    expect(endpointOf({ ATTUNE_NATS_CREDS_FILE: "/c" })).toMatchObject({ credentialsFile: "/c" })
  })

  it("is spoken to over TLS with the files that are given", () => {
    expect(endpointOf({ ATTUNE_NATS_CA: "/ca", ATTUNE_NATS_CERT: "/cert", ATTUNE_NATS_KEY: "/key" })).toMatchObject({
      tls: { ca: "/ca", cert: "/cert", key: "/key" }
    })
  })

  it("is never spoken to in the clear at a tls:// address", () => {
    expect(endpointOf({}, ["tls://a:4222"])).toHaveProperty("tls")
    expect(endpointOf({}, ["nats://a:4222", "tls://b:4222"])).toHaveProperty("tls")
  })
})
