import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { decodePayload, payloadVersions, version } from "./PayloadVersions.ts"

interface Named {
  readonly first: string
  readonly last: string
}
const versions = payloadVersions<Named>(
  version(Schema.Struct({ name: Schema.String }), ({ name }) => ({ first: name, last: "" })),
  version(Schema.Struct({ first: Schema.String, last: Schema.String }), (named) => named)
)
const read = (written: number, body: unknown) => decodePayload(versions, written, Buffer.from(JSON.stringify(body)))

describe("a payload", () => {
  it("of an older version is brought up to today's", () => {
    expect(read(1, { name: "Ana" })).toEqual(Result.succeed({ first: "Ana", last: "" }))
    expect(read(2, { first: "Ana", last: "B" })).toEqual(Result.succeed({ first: "Ana", last: "B" }))
  })

  it("is read by the schema of the version it was written in, and no other", () => {
    expect(read(1, { first: "Ana", last: "B" })).toEqual(Result.fail("payload_undecodable"))
    expect(read(2, { name: "Ana" })).toEqual(Result.fail("payload_undecodable"))
    expect(read(3, { first: "Ana", last: "B" })).toEqual(Result.fail("version_unknown"))
  })

  it("is not guessed at where its bytes are no UTF-8", () => {
    const body = Buffer.from(`{"name":"\xff"}`, "latin1")
    expect(decodePayload(versions, 1, body)).toEqual(Result.fail("payload_undecodable"))
  })
})
