/**
 * A real nats-server for one test file: temporary store, free port, the roles and rights of the product, about 30 ms.
 *
 * It is the same child, configuration and watchdog that `attune up` uses, so nothing is left running when the test
 * runner is killed. What differs: it syncs by the broker's default unless the test is about durability, and it is not
 * restarted by itself, since tests kill it on purpose.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { locateNatsServer, machineEnvironment } from "#nats/binary/locateNatsServer.ts"
import type { BrokerEndpoint } from "#nats/server/BrokerEndpoint.ts"
import { type BrokerProcess, startBrokerProcess } from "#nats/server/BrokerProcess.ts"
import { type BrokerFolder, brokerFolder, prepareBrokerFolder } from "#nats/server/brokerFolder.ts"

export interface NatsServerOptions {
  /** "always" syncs before each acknowledgement, as the product does; "default" is faster. */
  readonly sync?: "always" | "default"
  /** The broker's folder; a temporary one, removed at `stop`, when left out. */
  readonly dir?: string
  /** 0 or left out: a free one. */
  readonly port?: number
}

export interface NatsServer {
  readonly url: string
  /** Address and every role's credentials. */
  readonly endpoint: BrokerEndpoint
  readonly folder: BrokerFolder
  readonly pid: number
  /** Sends a signal; resolves when the process is gone (for SIGSTOP and SIGCONT at once). */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
  /** Starts it again on the same port and store; a living one is stopped first. */
  readonly restart: () => Promise<void>
  /** Ends it; its temporary folder goes too. */
  readonly stop: () => Promise<void>
}

let located: Promise<string> | undefined

/** The nats-server the product would run here. Looked for once a test file. */
export const natsServerBinary = (): Promise<string> => {
  located ??= Effect.runPromise(locateNatsServer(machineEnvironment(process.env, () => Effect.void)))
  return located
}

interface Life {
  readonly scope: Scope.Closeable
  readonly process: BrokerProcess
}

const end = (life: Life) => Effect.runPromise(Scope.close(life.scope, Exit.void))

/** Starts a server. Every test file that calls it calls `stop` in its `afterAll`. */
export const startNatsServer = async (options: NatsServerOptions = {}): Promise<NatsServer> => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "attune-nats-"))
  mkdirSync(dir, { recursive: true })
  const folder = brokerFolder(dir)
  const binary = await natsServerBinary()

  const begin = (port: number): Promise<Life & { readonly endpoint: BrokerEndpoint }> =>
    Effect.runPromise(
      Effect.gen(function* () {
        const credentials = yield* prepareBrokerFolder(folder, {
          sync: options.sync ?? "default",
          maxMemoryStoreBytes: 256 * 1024 ** 2,
          maxFileStoreBytes: 4 * 1024 ** 3
        })
        const scope = yield* Scope.make()
        const broker = yield* startBrokerProcess({ binary, ...folder, port, readyWithin: "20 seconds" }).pipe(
          Scope.provide(scope),
          Effect.onError(() => Scope.close(scope, Exit.void))
        )
        return { scope, process: broker, endpoint: { servers: [`nats://127.0.0.1:${broker.port}`], credentials } }
      })
    )
  let life = await begin(options.port ?? 0)
  const { endpoint } = life
  const { port } = life.process
  return {
    url: `nats://127.0.0.1:${port}`,
    endpoint,
    folder,
    get pid() {
      return life.process.pid
    },
    kill: async (signal) => {
      process.kill(life.process.pid, signal)
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await Effect.runPromise(life.process.exited)
    },
    restart: async () => {
      await end(life)
      life = await begin(port)
    },
    stop: async () => {
      await end(life)
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true })
    }
  }
}
