/** What can go wrong with the read model itself. The broker's own failures stay `NatsError`s. */
import * as Data from "effect/Data"

export type ProjectorErrorReason =
  /** Another process works on the file. */
  | "Busy"
  /** The file was filled from another log: it has to be rebuilt. */
  | "ForeignLog"
  /** The log ends before the file does: a new leader that is not there yet, or a log that lost something. */
  | "ShortLog"
  /** Events were not delivered in an unbroken order; nothing of them was applied. */
  | "Gap"
  /** SQLite refused: disk full, file damaged, folder gone. */
  | "Storage"

const RETRYABLE: ReadonlySet<ProjectorErrorReason> = new Set(["ShortLog", "Gap", "Storage"])

export class ProjectorError extends Data.TaggedError("ProjectorError")<{
  readonly reason: ProjectorErrorReason
  readonly detail: string
}> {
  get retryable(): boolean {
    return RETRYABLE.has(this.reason)
  }
  override get message(): string {
    return `read model: ${this.reason}: ${this.detail}`
  }
}
