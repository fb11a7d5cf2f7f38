import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Author } from "#libs/domain/Author.ts"
import { EventId } from "#libs/domain/EventId.ts"
import { RoomId } from "#libs/domain/RoomId.ts"
import { KeyId } from "#libs/events/SealedValue.ts"
import type { MessageRow } from "./EventRow.ts"
import { takeJson, takeRows } from "./selectPage.ts"

const row = (seq: number, sealedBytes = 3): MessageRow => ({
  kind: "message",
  seq,
  room: RoomId.make("lobby"),
  prev: seq - 1,
  event_id: null,
  src_seq: null,
  created_at: 0,
  reason: null,
  submitted_id: EventId.make("e".repeat(43)),
  author: Author.make("a".repeat(22)),
  sealed_alg: "A256GCM",
  sealed_kid: KeyId.make(`${"k".repeat(22)}.${"k".repeat(11)}`),
  sealed_nonce: "n".repeat(16),
  sealed_ct: "c".repeat((sealedBytes * 4) / 3),
  analyzer_id: "test",
  analyzer_version: "1",
  sentiment: null,
  sentiment_score: null,
  crisis_probability: null
})
const rows = (count: number, sealedBytes?: number) => Array.from({ length: count }, (_, at) => row(at + 1, sealedBytes))

const bytes = (taken: ReadonlyArray<string>) => Buffer.byteLength(`[${taken.join(",")}]`)

describe("selecting the rows of a page", () => {
  it("takes all there are, and says that nothing is behind them", () => {
    expect(takeRows(rows(3), 3, 1_000)).toEqual({ items: rows(3), more: false })
  })

  it("takes no more than asked for, and says that there are more", () => {
    expect(takeRows(rows(4), 3, 1_000)).toEqual({ items: rows(3), more: true })
  })

  it("stops reading where the sealed words alone would fill the page", () => {
    expect(takeRows(rows(9, 300), 9, 1_000)).toEqual({ items: rows(3, 300), more: true })
  })

  it("takes one that is larger than the page, rather than none", () => {
    expect(takeRows(rows(2, 3_000), 9, 1_000)).toEqual({ items: rows(1, 3_000), more: true })
  })
})

describe("cutting a page of finished entries", () => {
  it("is never longer than it may be, never empty, and whole when it fits", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }),
        fc.integer({ min: 1, max: 200 }),
        (texts, maxBytes) => {
          const items = texts.map((text) => JSON.stringify(text))
          const page = takeJson({ items, more: false }, maxBytes)
          expect(page.items).toEqual(items.slice(0, page.items.length))
          expect(page.items.length).toBeGreaterThan(0)
          if (page.items.length > 1) expect(bytes(page.items)).toBeLessThanOrEqual(maxBytes)
          expect(page.more).toBe(page.items.length < items.length)
          if (bytes(items) < maxBytes) expect(page.more).toBe(false)
        }
      )
    )
  })

  it("still says that there is more when there was more before the cut", () => {
    expect(takeJson({ items: ["1", "2"], more: true }, 100)).toEqual({ items: ["1", "2"], more: true })
  })
})
