/**
 * A room's newest messages as finished frames, so that everyone who joins while it is remembered is sent the same bytes.
 * It is put together from history up to some place in the order and from what was given out since (invariant I6).
 */

export interface TailEntry {
  readonly seq: number
  readonly frame: Buffer
}

export interface RoomTail {
  /** The room's newest `depth` messages are here: all there are if fewer, and only those within the byte limit. */
  readonly depth: number
  /** Oldest first. */
  readonly entries: ReadonlyArray<TailEntry>
}

/** What a join sends at most: half of what may wait for one reader, so that it fits beside live messages. */
export const MAX_TAIL_BYTES = 512 * 1024

/** The newest entries that are within both limits. */
const newestWithin = (entries: ReadonlyArray<TailEntry>, depth: number): ReadonlyArray<TailEntry> => {
  let first = Math.max(0, entries.length - depth)
  let bytes = 0
  for (let index = entries.length - 1; index >= first; index--) {
    bytes += entries[index]?.frame.byteLength ?? 0
    if (bytes > MAX_TAIL_BYTES) first = index + 1
  }
  return first === 0 ? entries : entries.slice(first)
}

export const emptyTail = (depth: number): RoomTail => ({ depth, entries: [] })

/** A message was given out to the room. */
export const appendTo = ({ depth, entries }: RoomTail, entry: TailEntry): RoomTail => ({
  depth,
  entries: newestWithin([...entries, entry], depth)
})

/** History came, up to where `tail` began. */
export const prependTo = ({ depth, entries }: RoomTail, history: ReadonlyArray<TailEntry>): RoomTail => ({
  depth,
  entries: newestWithin([...history, ...entries], depth)
})

/** The newest `limit` messages. */
export const newestOf = ({ entries }: RoomTail, limit: number): ReadonlyArray<TailEntry> =>
  limit >= entries.length ? entries : entries.slice(entries.length - limit)
