/**
 * Asks the servers whether they sync before they acknowledge: over the system account (every server of a cluster
 * answers), or over monitoring addresses that an operator gives (one a server). Whatever goes wrong is a verdict, not an
 * error: `unverified`, with the reason.
 */
import { createInbox } from "@nats-io/nats-core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Durability } from "./durability.ts"
import { durabilityOf, isComplete, JetStreamReport } from "./durability.ts"
import type { Connection } from "./NatsConnection.ts"
import type { NatsError } from "./NatsError.ts"
import { natsErrorOf } from "./NatsError.ts"
import { inboxPrefix } from "./Subjects.ts"

/** Long enough for a far server; a single one answers at once and ends the wait. */
const DEADLINE_MS = 2_000

const SystemAnswer = Schema.fromJsonString(Schema.Struct({ data: Schema.optionalKey(JetStreamReport) }))
const decodeSystemAnswer = Schema.decodeUnknownResult(SystemAnswer)
const decodeReport = Schema.decodeUnknownResult(JetStreamReport)

const unverified = (reason: string): Durability => ({ _tag: "unverified", reason })

const systemReports = ({ raw, role }: Connection): Effect.Effect<ReadonlyArray<JetStreamReport>, NatsError> =>
  Effect.callback((resume) => {
    const reports: Array<JetStreamReport> = []
    const inbox = createInbox(inboxPrefix(role))
    const finish = (error?: NatsError) => {
      stop()
      resume(error === undefined ? Effect.succeed(reports) : Effect.fail(error))
    }
    const timer = setTimeout(finish, DEADLINE_MS)
    const subscription = raw.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return finish(natsErrorOf("check durability")(error))
        // No responders: nobody listens for system requests in this account.
        if (message.headers?.code === 503) return finish()
        const answer = decodeSystemAnswer(message.string())
        if (Result.isSuccess(answer) && answer.success.data !== undefined) reports.push(answer.success.data)
        if (isComplete(reports)) finish()
      }
    })
    const stop = () => {
      clearTimeout(timer)
      subscription.unsubscribe()
    }
    try {
      raw.publish("$SYS.REQ.SERVER.PING.JSZ", JSON.stringify({ config: true }), { reply: inbox })
    } catch (cause) {
      finish(natsErrorOf("check durability")(cause))
    }
    return Effect.sync(stop)
  })

/** The verdict of all servers of the cluster that this connection, made as the role `system`, belongs to. */
export const durabilityFromSystem = (connection: Connection): Effect.Effect<Durability> =>
  systemReports(connection).pipe(
    Effect.map(durabilityOf),
    Effect.catchTag("NatsError", ({ reason }) => Effect.succeed(unverified(`the system account: ${reason}`)))
  )

const monitoringReport = (url: string): Effect.Effect<ReadonlyArray<JetStreamReport>> =>
  Effect.tryPromise(async (signal): Promise<unknown> => {
    const response = await fetch(new URL("/jsz?config=true", url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      redirect: "error"
    })
    return response.json()
  }).pipe(
    Effect.map((answer) =>
      Result.match(decodeReport(answer), { onSuccess: (report) => [report], onFailure: () => [] })
    ),
    // A server that cannot be asked is one that did not report, which the verdict says.
    Effect.orElseSucceed(() => [])
  )

/** The verdict of the servers behind these monitoring addresses, such as `http://10.0.0.1:8222`, one for each server. */
export const durabilityFromMonitoring = (urls: ReadonlyArray<string>): Effect.Effect<Durability> =>
  Effect.forEach(urls, monitoringReport, { concurrency: "unbounded" }).pipe(
    Effect.map((reports) =>
      reports.some((report) => report.length === 0)
        ? unverified("a monitoring address did not answer")
        : durabilityOf(reports.flat())
    )
  )
