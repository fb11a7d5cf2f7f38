/**
 * All settings, as data: each is a variable of the environment and a flag of the command (the flag wins). `attune help`
 * and docs/operations.md show this table; a test holds the document to it. Next: decodeSettings.ts, which reads them.
 */
import * as Schema from "effect/Schema"
import type { OptionalSetting, Setting, SettingUser, SettingWithDefault } from "./Setting.ts"
import { FilePath, HttpUrls, LoopbackHost, NatsUrls, Origins, Replicas, Secret, wholeNumber } from "./settingSchemas.ts"

const everywhere: ReadonlyArray<SettingUser> = ["up", "edge", "analyzer", "projector", "provision", "rebuild"]
const keyHolders: ReadonlyArray<SettingUser> = ["up", "edge", "analyzer", "projector"]

const withDefault = <A>(setting: SettingWithDefault<A>): SettingWithDefault<A> => setting
const optional = <A>(setting: OptionalSetting<A>): OptionalSetting<A> => setting

const A_FILE = "a path"

export const settings = {
  host: withDefault({
    env: "ATTUNE_HOST",
    flag: "host",
    schema: LoopbackHost,
    fallback: "127.0.0.1",
    allowed: "a loopback address (127.0.0.1, ::1, localhost): without identity, nobody else may be let in",
    meaning: "Address the edge listens on.",
    usedBy: ["up", "edge"]
  }),
  port: withDefault({
    env: "ATTUNE_PORT",
    flag: "port",
    schema: wholeNumber(0, 65_535),
    fallback: "8080",
    allowed: "a port from 0 to 65535",
    meaning: "Port the edge listens on; 0 takes a free one and prints it.",
    usedBy: ["up", "edge"]
  }),
  allowedOrigins: optional({
    env: "ATTUNE_ALLOWED_ORIGINS",
    flag: "allowed-origins",
    schema: Origins,
    absent: "the edge's own address",
    allowed: "web origins separated by commas, such as https://chat.example.org, without a path",
    meaning: "Web pages that may open a WebSocket here. Programs that send no Origin are not concerned.",
    usedBy: ["up", "edge"]
  }),
  dataDir: withDefault({
    env: "ATTUNE_DATA_DIR",
    flag: "data-dir",
    schema: FilePath,
    fallback: "./data",
    allowed: A_FILE,
    meaning: "The one folder with everything that must survive: the broker's store, the keys, the read model.",
    usedBy: everywhere
  }),
  historyFile: optional({
    env: "ATTUNE_HISTORY_FILE",
    flag: "history-file",
    schema: FilePath,
    absent: "history.sqlite in the data folder",
    allowed: A_FILE,
    meaning: "The projector's SQLite file. Each projector needs a file of its own.",
    usedBy: ["up", "projector", "rebuild"]
  }),
  masterKey: optional({
    env: "ATTUNE_MASTER_KEY",
    flag: "master-key",
    schema: Secret,
    absent: "the master key file",
    allowed: "32 bytes as base64 or hex",
    meaning:
      "The key that wraps every data key. Prefer the environment or a file: a command line is seen by everybody.",
    usedBy: keyHolders,
    secret: true
  }),
  masterKeyFile: optional({
    env: "ATTUNE_MASTER_KEY_FILE",
    flag: "master-key-file",
    schema: FilePath,
    absent: "master.key in the data folder",
    allowed: A_FILE,
    meaning: "File with the master key, readable by its owner only. `up` makes the default one at its first start.",
    usedBy: keyHolders
  }),
  rateMaxEvents: withDefault({
    env: "ATTUNE_RATE_MAX_EVENTS",
    flag: "rate-max-events",
    schema: wholeNumber(1, 10_000),
    fallback: "20",
    allowed: "a whole number from 1 to 10000",
    meaning: "Messages a user may send in any window of ATTUNE_RATE_PER_SECONDS, over all edges together.",
    usedBy: ["up", "edge", "provision"]
  }),
  ratePerSeconds: withDefault({
    env: "ATTUNE_RATE_PER_SECONDS",
    flag: "rate-per-seconds",
    schema: wholeNumber(1, 86_400),
    fallback: "10",
    allowed: "a whole number of seconds from 1 to 86400",
    meaning: "Length of that window in seconds.",
    usedBy: ["up", "edge", "provision"]
  }),
  natsServerBin: optional({
    env: "NATS_SERVER_BIN",
    flag: "nats-server-bin",
    schema: FilePath,
    absent: "looked for on PATH, in the cache, then fetched",
    allowed: "the path of a nats-server program",
    meaning: "The nats-server to embed.",
    usedBy: ["up", "provision", "rebuild"]
  }),
  natsUrl: optional({
    env: "ATTUNE_NATS_URL",
    flag: "nats-url",
    schema: NatsUrls,
    absent: "the embedded server; other commands than `up` find it by the data folder",
    allowed: "nats:// or tls:// addresses separated by commas, without user or password",
    meaning: "Your own NATS: one server, or several of a cluster. With it nothing is embedded.",
    usedBy: everywhere,
    // A person may have written a password into it, which is then refused.
    secret: true
  }),
  natsUser: optional({
    env: "ATTUNE_NATS_USER",
    flag: "nats-user",
    schema: Schema.NonEmptyString,
    absent: "none",
    allowed: "a user's name, with ATTUNE_NATS_PASSWORD beside it",
    meaning: "User on your own NATS, for every role that ATTUNE_NATS_ROLES_FILE does not name.",
    usedBy: everywhere
  }),
  natsPassword: optional({
    env: "ATTUNE_NATS_PASSWORD",
    flag: "nats-password",
    schema: Secret,
    absent: "none",
    allowed: "a password, with ATTUNE_NATS_USER beside it",
    meaning: "That user's password. Prefer the environment or the roles file.",
    usedBy: everywhere,
    secret: true
  }),
  natsToken: optional({
    env: "ATTUNE_NATS_TOKEN",
    flag: "nats-token",
    schema: Secret,
    absent: "none",
    allowed: "a token",
    meaning: "Token for your own NATS, instead of user and password.",
    usedBy: everywhere,
    secret: true
  }),
  natsCredsFile: optional({
    env: "ATTUNE_NATS_CREDS_FILE",
    flag: "nats-creds-file",
    schema: FilePath,
    absent: "none",
    allowed: A_FILE,
    meaning: "NATS credentials file (JWT and seed) for your own NATS, instead of user and password.",
    usedBy: everywhere
  }),
  natsRolesFile: optional({
    env: "ATTUNE_NATS_ROLES_FILE",
    flag: "nats-roles-file",
    schema: FilePath,
    absent: "one set of credentials for every role",
    allowed: A_FILE,
    meaning: "JSON file with credentials by role, so that each role has only its own rights.",
    usedBy: everywhere
  }),
  natsCa: optional({
    env: "ATTUNE_NATS_CA",
    flag: "nats-ca",
    schema: FilePath,
    absent: "the system's authorities",
    allowed: A_FILE,
    meaning: "PEM file of the authority that signed your NATS server's certificate.",
    usedBy: everywhere
  }),
  natsCert: optional({
    env: "ATTUNE_NATS_CERT",
    flag: "nats-cert",
    schema: FilePath,
    absent: "none",
    allowed: `${A_FILE}, with ATTUNE_NATS_KEY beside it`,
    meaning: "PEM file of the client certificate shown to your NATS server.",
    usedBy: everywhere
  }),
  natsKey: optional({
    env: "ATTUNE_NATS_KEY",
    flag: "nats-key",
    schema: FilePath,
    absent: "none",
    allowed: `${A_FILE}, with ATTUNE_NATS_CERT beside it`,
    meaning: "PEM file of that certificate's private key.",
    usedBy: everywhere
  }),
  natsMonitorUrl: optional({
    env: "ATTUNE_NATS_MONITOR_URL",
    flag: "nats-monitor-url",
    schema: HttpUrls,
    absent: "asked over the system role's connection",
    allowed: "http:// or https:// addresses separated by commas, without user or password",
    meaning: "Monitoring addresses of your NATS, one for each server, where the sync setting is read.",
    usedBy: ["up", "edge", "provision"],
    secret: true
  }),
  natsReplicas: withDefault({
    env: "ATTUNE_NATS_REPLICAS",
    flag: "nats-replicas",
    schema: Replicas,
    fallback: "1",
    allowed: "1, 3 or 5",
    meaning: "Copies of each stream; more than 1 needs a cluster of your own.",
    usedBy: ["up", "provision"]
  }),
  durability: withDefault({
    env: "ATTUNE_DURABILITY",
    flag: "durability",
    schema: Schema.Literals(["always", "weaker", "unverified"]),
    fallback: "always",
    allowed: "always, weaker or unverified",
    meaning:
      "What an acknowledgement must mean: synced to disk before it is given (always); accept a server that says it syncs later (weaker), or one whose setting cannot be read (unverified).",
    usedBy: ["up", "edge", "provision"]
  }),
  logLevel: withDefault({
    env: "ATTUNE_LOG_LEVEL",
    flag: "log-level",
    schema: Schema.Literals(["debug", "info", "warn", "error"]),
    fallback: "info",
    allowed: "debug, info, warn or error",
    meaning: "The least important log line that is written (to standard error).",
    usedBy: everywhere
  }),
  logFormat: optional({
    env: "ATTUNE_LOG_FORMAT",
    flag: "log-format",
    schema: Schema.Literals(["pretty", "json"]),
    absent: "pretty on a terminal, json otherwise",
    allowed: "pretty or json",
    meaning: "Form of the log lines.",
    usedBy: everywhere
  }),
  metricsPort: optional({
    env: "ATTUNE_METRICS_PORT",
    flag: "metrics-port",
    schema: wholeNumber(0, 65_535),
    absent: "none",
    allowed: "a port from 0 to 65535",
    meaning: "Port of 127.0.0.1 for /healthz, /readyz and /metrics of an analyzer or projector on its own.",
    usedBy: ["analyzer", "projector"]
  })
} satisfies Record<string, Setting<unknown>>

export type SettingName = keyof typeof settings
