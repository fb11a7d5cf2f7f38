import { describe, expect, it } from "vitest"
import { isLoopback } from "#libs/domain/isLoopback.ts"
import { ownOrigins, refuseUpgrade, type UpgradeRequest, type UpgradeSituation } from "./admitUpgrade.ts"

const request: UpgradeRequest = { method: "GET", path: "/ws/chat", origin: undefined, protocols: [] }
const situation: UpgradeSituation = {
  allowedOrigins: ownOrigins("127.0.0.1", 8080),
  draining: false,
  open: 0,
  openFromAddress: 0,
  maxConnections: 2,
  maxConnectionsPerAddress: 1
}
const status = (asked: Partial<UpgradeRequest>, now: Partial<UpgradeSituation> = {}) =>
  refuseUpgrade({ ...request, ...asked }, { ...situation, ...now })?.status

describe("an upgrade", () => {
  it("is let in from programs, which send no origin, and from the server's own pages", () => {
    expect(status({})).toBeUndefined()
    expect(status({ origin: "http://127.0.0.1:8080" })).toBeUndefined()
    expect(status({ origin: "http://localhost:8080" })).toBeUndefined()
  })

  it.each(["https://evil.example", "http://127.0.0.1:8081", "https://127.0.0.1:8080", "null", ""])(
    "is refused to pages of %j",
    (origin) => {
      expect(status({ origin })).toBe(403)
    }
  )

  it("is refused at another path and by another method", () => {
    expect(status({ path: "/" })).toBe(404)
    expect(status({ path: "/ws/chat/" })).toBe(404)
    expect(status({ method: "POST" })).toBe(405)
  })

  it("is refused to who asks only for protocols that are not spoken", () => {
    expect(status({ protocols: ["chat.v1.json"] })).toBe(400)
    expect(status({ protocols: ["chat.v1.json", "chat.plain.json"] })).toBeUndefined()
  })

  it("is refused when there is no room, and when the server is stopping", () => {
    expect(status({}, { open: 2 })).toBe(503)
    expect(status({}, { openFromAddress: 1 })).toBe(429)
    expect(status({}, { draining: true })).toBe(503)
  })
})

describe("a loopback address", () => {
  it.each(["127.0.0.1", "127.8.8.8", "::1", "localhost"])("is %s", (host) => expect(isLoopback(host)).toBe(true))
  it.each(["0.0.0.0", "::", "192.168.0.1", "127.0.0.1.evil.example", "127.evil", ""])("is not %j", (host) =>
    expect(isLoopback(host)).toBe(false)
  )
})
