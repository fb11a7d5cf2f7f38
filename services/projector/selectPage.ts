/** Where a page ends: by count before its entries are opened, by bytes after. Always at least one entry, if there is one. */
import type { EventRow } from "./EventRow.ts"

export interface Selection<A> {
  /** In the order of reading. */
  readonly items: ReadonlyArray<A>
  /** There is more behind them, in the direction of reading. */
  readonly more: boolean
}

/** Least bytes an entry takes once opened: what is sealed in it stands in its answer as it is. */
const leastBytes = (row: EventRow): number => (row.kind === "message" ? Math.floor((row.sealed_ct.length * 3) / 4) : 0)

/** Takes rows until there are `limit`, or surely more than `maxBytes` of them; opening more would be for nothing. */
export const takeRows = (rows: Iterable<EventRow>, limit: number, maxBytes: number): Selection<EventRow> => {
  const items: Array<EventRow> = []
  let bytes = 0
  for (const row of rows) {
    bytes += leastBytes(row)
    if (items.length === limit || (items.length > 0 && bytes > maxBytes)) return { items, more: true }
    items.push(row)
  }
  return { items, more: false }
}

/** Cuts finished entries, given as JSON, where their list would exceed `maxBytes`. */
export const takeJson = ({ items, more }: Selection<string>, maxBytes: number): Selection<string> => {
  // The brackets; each entry brings its comma.
  let bytes = 2
  for (const [index, json] of items.entries()) {
    bytes += Buffer.byteLength(json) + 1
    if (index > 0 && bytes > maxBytes) return { items: items.slice(0, index), more: true }
  }
  return { items, more }
}
