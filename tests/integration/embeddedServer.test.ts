import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { connect } from "@nats-io/transport-node"
import { inboxPrefix } from "#nats/server/roles.ts"
import { type NatsServer, startNatsServer } from "#tests/support/NatsServer.ts"

describe("a server for tests", () => {
  let server: NatsServer
  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.stop())

  it("comes back on the same port with its store after kill -9", async () => {
    const { user, password } = server.endpoint.credentials.edge
    const nc = await connect({
      servers: server.url,
      user,
      pass: password,
      inboxPrefix: inboxPrefix("edge"),
      reconnectTimeWait: 50
    })
    const before = server.pid
    await server.kill("SIGKILL")
    await server.restart()
    expect(server.pid).not.toBe(before)
    await expect
      .poll(() =>
        nc.flush().then(
          () => "back",
          () => "away"
        )
      )
      .toBe("back")
    await nc.close()
  })
})
