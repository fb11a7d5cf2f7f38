/** Decodes one field of what a client sent, so that the error names the field and what it must be, never its value. */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { ErrorCode } from "./errorCodes.ts"
import type { ProtocolError } from "./ProtocolError.ts"

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** A field: its name on the wire, the code of its errors, and how it is decoded. */
export interface FieldRule<A> {
  readonly name: string
  readonly code: ErrorCode
  readonly decode: (input: unknown) => Result.Result<A, Schema.SchemaError>
  /** Says what the field must be where the schema's own words are no help to a person. */
  readonly hint?: string
}

export const decodeField = <A>(rule: FieldRule<A>, value: unknown): Result.Result<A, ProtocolError> => {
  const { code, decode, hint, name } = rule
  if (value === undefined) return Result.fail({ code, message: `${name} is missing` })
  if (typeof value !== "string") return Result.fail({ code, message: `${name} must be a string` })
  const decoded = decode(value)
  if (Result.isSuccess(decoded)) return Result.succeed(decoded.success)
  const said = hint ?? issuesOf(decoded.failure.issue).issues[0]?.message ?? "is not acceptable"
  return Result.fail({ code, message: `${name} ${said}` })
}
