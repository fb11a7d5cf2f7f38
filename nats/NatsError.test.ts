import { errors, RequestError } from "@nats-io/nats-core"
import { describe, expect, it } from "vitest"
import type { NatsErrorReason } from "./NatsError.ts"
import { NatsError, natsErrorOf, natsErrorOfCode } from "./NatsError.ts"

const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" })
const notEnabled = Object.assign(new Error("jetstream is not enabled"), { name: "JetStreamNotEnabled" })

describe("what the library throws", () => {
  it.each<[string, unknown, NatsErrorReason, boolean]>([
    ["a timeout", new errors.TimeoutError(), "Timeout", true],
    ["a wrapped timeout", new RequestError("x", { cause: new errors.TimeoutError() }), "Timeout", true],
    ["no responders", new errors.NoRespondersError("s"), "Unavailable", true],
    ["an election", notEnabled, "Unavailable", true],
    ["a closed connection", new errors.ClosedConnectionError(), "Unavailable", true],
    ["a draining connection", new errors.DrainingConnectionError(), "Unavailable", true],
    ["a refused socket", refused, "Unavailable", true],
    ["missing rights", new errors.PermissionViolationError("x", "publish", "s"), "Forbidden", false],
    ["wrong credentials", new errors.AuthorizationError("x"), "Forbidden", false],
    ["an error of the stream", Object.assign(new Error("x"), { code: 10_071 }), "WrongLastSequence", false],
    ["anything else", new Error("x"), "Refused", false],
    ["what is no error", "x", "Protocol", false]
  ])("means, as %s, what a caller can do", (_, thrown, reason, retryable) => {
    expect(natsErrorOf("publish")(thrown)).toMatchObject({ reason, retryable, operation: "publish" })
  })

  it("stays what it was when it was mapped already", () => {
    const error = new NatsError({ operation: "a", reason: "Drift", detail: "d" })
    expect(natsErrorOf("b")(error)).toBe(error)
  })
})

describe("a code of the server", () => {
  it.each<[number | undefined, NatsErrorReason]>([
    [10_071, "WrongLastSequence"],
    [10_164, "WrongLastSequence"],
    [10_077, "SubjectFull"],
    [10_201, "DuplicateInBatch"],
    [10_037, "NotFound"],
    [10_059, "NotFound"],
    [10_008, "Unavailable"],
    [10_158, "Unavailable"],
    [12_345, "Refused"],
    [undefined, "Refused"]
  ])("%s is %s", (code, reason) => {
    expect(natsErrorOfCode("publish", code, "text")).toMatchObject({ reason })
  })

  it("of an id whose first publication is still being stored may be asked again", () => {
    expect(natsErrorOfCode("publish", 10_158, "text").retryable).toBe(true)
  })

  it("is told to the operator with the operation and the server's words", () => {
    expect(natsErrorOfCode("publish", 10_071, "wrong last sequence: 3").message).toBe(
      "publish: WrongLastSequence (10071): wrong last sequence: 3"
    )
  })
})
