import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { beforeAll, describe, expect, it } from "vitest"
import { Keyring } from "#libs/keyring/Keyring.ts"
import { layerMemory } from "#libs/keyring/KeyringMemory.ts"
import type { StoredMessage } from "#nats/StoredMessage.ts"
import { sealedSubmission, storedAs } from "#tests/support/EventFactory.ts"
import { decodeSubmission } from "./decodeSubmission.ts"
import { Header } from "./Envelope.ts"

let valid: StoredMessage
beforeAll(async () => {
  const submission = Keyring.pipe(
    Effect.flatMap((keyring) => sealedSubmission(keyring, { room: "lobby", user: "ana", text: "hello" })),
    Effect.provide(layerMemory)
  )
  valid = storedAs((await Effect.runPromise(submission)).outgoing, 1)
})

const withHeader = (name: string, value: string): StoredMessage => {
  const headers = Object.fromEntries(valid.headers.keys().map((key) => [key, valid.headers.get(key)]))
  return storedAs({ subject: valid.subject, data: valid.data, headers: { ...headers, [name]: value } }, valid.seq)
}
const withBody = (data: Uint8Array | string): StoredMessage => ({ ...valid, data: Buffer.from(data) })

const reasonOf = (message: StoredMessage): string =>
  Result.match(decodeSubmission(message), { onFailure: ({ reason }) => reason, onSuccess: () => "decoded" })

describe("a stored submission", () => {
  it("decodes as it was sent", () => {
    expect(reasonOf(valid)).toBe("decoded")
    expect(reasonOf(withHeader(Header.correlationId, "another"))).toBe("decoded")
  })

  it.each([
    ["no event id", withoutHeader(Header.eventId)],
    ["a malformed event id", () => withHeader(Header.eventId, "short")],
    ["no type", withoutHeader(Header.type)],
    ["no version", withoutHeader(Header.version)],
    ["a version that is no number", () => withHeader(Header.version, "1.0")],
    ["a negative version", () => withHeader(Header.version, "-1")],
    ["no time", withoutHeader(Header.occurredAt)],
    ["a subject that names no room", () => ({ ...valid, subject: "sub.1.a b.message" })]
  ])("with %s does not say what it is", (_, message) => {
    expect(reasonOf(message())).toBe("envelope_undecodable")
  })

  it("of a type this build does not know is named so", () => {
    expect(reasonOf(withHeader(Header.type, "MessageShouted"))).toBe("type_unknown")
    expect(reasonOf(withHeader(Header.type, "toString"))).toBe("envelope_undecodable")
  })

  it("is not taken under a kind that its type does not belong to", () => {
    expect(reasonOf({ ...valid, subject: valid.subject.replace(/message$/, "erasure") })).toBe("type_unknown")
    expect(reasonOf({ ...valid, subject: valid.subject.replace(/message$/, "constructor") })).toBe("type_unknown")
  })

  it("of a newer version is told from one that is wrong, whatever its body", () => {
    expect(reasonOf(withHeader(Header.version, "2"))).toBe("version_unknown")
    expect(reasonOf({ ...withHeader(Header.version, "2"), data: Buffer.from("not JSON") })).toBe("version_unknown")
    expect(reasonOf(withHeader(Header.version, "0"))).toBe("payload_undecodable")
  })

  it.each([
    ["an empty body", ""],
    ["text that is not JSON", "{"],
    ["JSON of another form", "[]"],
    ["a sealed value without a key id", JSON.stringify({ author: "a".repeat(22), sealed: { alg: "A256GCM" } })],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22])]
  ])("with %s is not what its version promises", (_, body) => {
    expect(reasonOf(withBody(body))).toBe("payload_undecodable")
  })

  it("that is refused still tells who it was, as far as its headers do", () => {
    const refused = decodeSubmission(withBody("{"))
    expect(Result.isFailure(refused) && refused.failure.envelope?.[Header.eventId]).toBe(
      valid.headers.get(Header.eventId)
    )
  })
})

function withoutHeader(name: string): () => StoredMessage {
  return () => withHeader(name, "")
}
