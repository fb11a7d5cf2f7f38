import { describe, expect, it } from "vitest"
import { type Running, welcome } from "./welcome.ts"

const running: Running = {
  address: { http: "http://127.0.0.1:8080", chat: "ws://127.0.0.1:8080/ws/chat" },
  broker: "an embedded nats-server",
  dataDir: "/srv/attune",
  durability: { _tag: "always" }
}

describe("the welcome", () => {
  it("tells where everything is", () => {
    for (const part of ["ws://127.0.0.1:8080/ws/chat", "/srv/attune", "an embedded nats-server", "Ctrl-C"]) {
      expect(welcome(running)).toContain(part)
    }
  })

  it("gives the address in the commands to try only where it is not the one that clients take by themselves", () => {
    expect(welcome(running)).not.toContain("--url")
    const elsewhere = { http: "http://127.0.0.1:9000", chat: "ws://127.0.0.1:9000/ws/chat" }
    expect(welcome({ ...running, address: elsewhere })).toContain("--user ana --url ws://127.0.0.1:9000\n")
  })

  it("says so when acknowledged does not mean on disk", () => {
    expect(welcome(running)).toContain("on disk before it is acknowledged")
    expect(welcome({ ...running, durability: { _tag: "interval", milliseconds: 120_000 } })).toContain("BEFORE")
    expect(welcome({ ...running, durability: { _tag: "unverified", reason: "" } })).toContain("not verified")
  })
})
