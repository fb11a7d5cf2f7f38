/** Fills nats/server.conf in: values in, text of the configuration file out. Pure, so that a test can read the result. */
import type { BrokerCredentials } from "#nats/server/BrokerEndpoint.ts"
import { type BrokerAccount, type Role, rolePermissions, Roles } from "#nats/server/roles.ts"

export interface ServerConfValues {
  readonly serverName: string
  readonly portsDir: string
  readonly pidFile: string
  readonly logFile: string
  readonly storeDir: string
  /** "default" (up to two minutes unsynced) is for tests that do not ask for durability. */
  readonly sync: "always" | "default"
  readonly maxMemoryStoreBytes: number
  readonly maxFileStoreBytes: number
  readonly credentials: Readonly<Record<Role, BrokerCredentials>>
}

// JSON's string escapes are a subset of what the broker's configuration reads; a quoted "$" is not a variable there.
const quote = (text: string): string => JSON.stringify(text)
const quoteAll = (texts: ReadonlyArray<string>): string => `[${texts.map(quote).join(", ")}]`

const userLine = (role: Role, credentials: BrokerCredentials): string => {
  const { mayReply, publish, subscribe } = rolePermissions[role]
  const replies = mayReply ? `, allow_responses: { max: 1, expires: "30s" }` : ""
  const rights = `publish: ${quoteAll(publish)}, subscribe: ${quoteAll(subscribe)}${replies}`
  return `{ user: ${quote(credentials.user)}, password: ${quote(credentials.password)}, permissions: { ${rights} } }`
}

const block = (lines: ReadonlyArray<string>): string => `[\n      ${lines.join("\n      ")}\n    ]`

const users = (account: BrokerAccount, values: ServerConfValues): string =>
  block(
    Roles.filter((role) => rolePermissions[role].account === account).map((role) =>
      userLine(role, values.credentials[role])
    )
  )

/** What the edges' account may use of the streams' account: what an edge may publish and hear, and nothing else. */
const services: ReadonlyArray<string> = rolePermissions.edge.publish
const feeds: ReadonlyArray<string> = rolePermissions.edge.subscribe.filter((subject) => !subject.startsWith("_INBOX_"))

// A batched direct get has many answers; the broker forgets the question when they pause this long.
const manyAnswers = `, response_type: stream, response_threshold: "5s"`
const exportLines: ReadonlyArray<string> = [
  ...services.map((subject) => {
    const answers = subject.startsWith("$JS.API.DIRECT.GET.") ? manyAnswers : ""
    return `{ service: ${quote(subject)}, accounts: [EDGE]${answers} }`
  }),
  ...feeds.map((subject) => `{ stream: ${quote(subject)}, accounts: [EDGE] }`)
]
const importLines: ReadonlyArray<string> = [
  ...services.map((subject) => `{ service: { account: ATTUNE, subject: ${quote(subject)} } }`),
  ...feeds.map((subject) => `{ stream: { account: ATTUNE, subject: ${quote(subject)} } }`)
]

/**
 * The configuration file for these values.
 *
 * Throws when the template names a value that does not exist: both are part of this repository, so it is a defect.
 */
export const renderServerConf = (template: string, values: ServerConfValues): string => {
  const filled: Readonly<Record<string, string>> = {
    serverName: quote(values.serverName),
    portsDir: quote(values.portsDir),
    pidFile: quote(values.pidFile),
    logFile: quote(values.logFile),
    storeDir: quote(values.storeDir),
    syncInterval: values.sync === "always" ? "always" : quote("2m"),
    maxMemoryStore: String(values.maxMemoryStoreBytes),
    maxFileStore: String(values.maxFileStoreBytes),
    attuneUsers: users("ATTUNE", values),
    attuneExports: block(exportLines),
    edgeUsers: users("EDGE", values),
    edgeImports: block(importLines),
    systemUsers: users("SYS", values)
  }
  return template.replaceAll(/^(?!#)(.*)\{\{(\w+)\}\}/gm, (_, before: string, name: string) => {
    const value = filled[name]
    if (value === undefined) throw new Error(`nats/server.conf names the unknown value ${name}`)
    return before + value
  })
}
