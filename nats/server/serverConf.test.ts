import { describe, expect, it } from "vitest"
import { rolePermissions } from "#nats/server/roles.ts"
import { renderServerConf, type ServerConfValues } from "#nats/server/serverConf.ts"

const credentials = (user: string) => ({ user, password: `${user}-secret` })
const values: ServerConfValues = {
  serverName: "attune",
  portsDir: "/data/ports",
  pidFile: "/data/pid",
  logFile: "/data/log",
  storeDir: '/data/with "quotes"/store',
  sync: "always",
  maxMemoryStoreBytes: 1024,
  maxFileStoreBytes: 2048,
  credentials: {
    provisioner: credentials("provisioner"),
    edge: credentials("edge"),
    analyzer: credentials("analyzer"),
    projector: credentials("projector"),
    system: credentials("system")
  }
}

describe("renderServerConf", () => {
  it("fills every value in and leaves the comments alone", () => {
    const text = "# {{storeDir}} is a comment\nstore: {{storeDir}}\nlimits { a: {{maxMemoryStore}} }"
    expect(renderServerConf(text, values)).toBe(
      '# {{storeDir}} is a comment\nstore: "/data/with \\"quotes\\"/store"\nlimits { a: 1024 }'
    )
  })

  it("gives each account its own users, and the answering right only to the role that answers", () => {
    const attune = renderServerConf("{{attuneUsers}}", values)
    expect(attune).not.toContain("system-secret")
    expect(attune.split("\n").filter((line) => line.includes("allow_responses"))).toEqual([
      expect.stringContaining('user: "projector"')
    ])
    expect(attune).not.toContain("edge-secret")
    expect(renderServerConf("{{edgeUsers}}", values)).toContain("edge-secret")
    expect(renderServerConf("{{systemUsers}}", values)).toContain("system-secret")
  })

  it("lets the edges' account use exactly what an edge may publish and hear", () => {
    const imports = renderServerConf("{{edgeImports}}", values)
    const subjects = [...imports.matchAll(/subject: "([^"]*)"/g)].map(([, subject]) => subject)
    const { publish, subscribe } = rolePermissions.edge
    expect(subjects).toEqual([...publish, ...subscribe.filter((subject) => subject !== "_INBOX_edge.>")])
  })

  it("refuses a template that asks for a value which does not exist", () => {
    expect(() => renderServerConf("x: {{nothing}}", values)).toThrow("nothing")
  })
})
