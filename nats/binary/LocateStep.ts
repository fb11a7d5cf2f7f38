/** What the steps of the search for nats-server have in common: their names, and how one says why it did not help. */
import * as Data from "effect/Data"
import { formatVersion, minimumVersion, pinnedVersion } from "#nats/binary/NatsServerVersion.ts"
import { releasePage } from "#nats/binary/releases.ts"

export type LocateStep = "NATS_SERVER_BIN" | "PATH" | "cache" | "official release" | "distribution package"

/** One step's reason for not giving a binary. */
export class StepFailed extends Data.TaggedError("StepFailed")<{
  readonly step: LocateStep
  readonly reason: string
  readonly retryable: boolean
}> {}

/** No step gave a binary. The message tells each step's reason and what a person can do. */
export class NatsServerNotFound extends Data.TaggedError("NatsServerNotFound")<{
  readonly platform: string
  readonly attempts: ReadonlyArray<StepFailed>
  readonly retryable: boolean
}> {
  override get message(): string {
    return [
      `no nats-server ${formatVersion(minimumVersion)} or newer was found:`,
      ...this.attempts.map(({ reason, step }) => `  - ${step}: ${reason}`),
      `By hand: download nats-server ${formatVersion(pinnedVersion)} for ${this.platform} from ${releasePage},`,
      "unpack it and set NATS_SERVER_BIN to the path of the binary;",
      "or set ATTUNE_NATS_URL to a NATS server of your own, and none is started."
    ].join("\n")
  }
}
