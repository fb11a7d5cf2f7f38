/** Why an edge did not start. */
import * as Data from "effect/Data"

export class EdgeError extends Data.TaggedError("EdgeError")<{
  readonly reason:
    /** The address can be reached by others, and nobody could tell who they are. */
    | "Exposed"
    /** The address cannot be listened on. */
    | "AddressUnusable"
  readonly host: string
  readonly port: number
  readonly detail: string
}> {
  readonly retryable = false
  override get message(): string {
    return `cannot listen on ${this.host} port ${this.port}: ${this.detail}`
  }
}
