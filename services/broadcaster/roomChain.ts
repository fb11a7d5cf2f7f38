/**
 * The order of one room as a fold: live events, the room's head and what was read from the stream come in, in any order,
 * doubled or with losses; out comes each event once, after the one before it (invariant I4, I5). Sequences of a room are not
 * dense, so each event names its predecessor, and a gap is seen by that name.
 *
 *   live ──hold──► held ──next──► give (its predecessor was given) ──advance──►
 *                              └► repair (it was not: read the stream up to it) ──fill──► held
 */

/** An event that names the sequence of the one before it in its room (0: none). */
export interface Linked {
  readonly seq: number
  readonly prev: number
}

export interface RoomChain<Event extends Linked> {
  /** The last event given out; 0 before the first. */
  readonly last: number
  /** The newest event known to exist. */
  readonly known: number
  /** Events that wait for their turn, ascending. */
  readonly held: ReadonlyArray<Event>
}

export type ChainStep<Event extends Linked> =
  | { readonly kind: "give"; readonly event: Event }
  /** Events after `after` are missing, `through` among them. */
  | { readonly kind: "repair"; readonly after: number; readonly through: number }
  | { readonly kind: "idle" }

/** More than this waits nowhere: what is beyond it is read from the stream again (invariant I9). */
export const MAX_HELD = 64

const IDLE = { kind: "idle" } as const

/** A room whose events up to `last` were given out. */
export const chainAt = <Event extends Linked>(last: number): RoomChain<Event> => ({ last, known: last, held: [] })

/** The room's head is at least `seq`, whether or not its event ever came. */
export const learnHead = <Event extends Linked>(chain: RoomChain<Event>, seq: number): RoomChain<Event> =>
  seq > chain.known ? { ...chain, known: seq } : chain

/** A live event came. One that is old, doubled or out of line is not kept: the chain does not need it to be whole. */
export const hold = <Event extends Linked>(chain: RoomChain<Event>, event: Event): RoomChain<Event> => {
  if (event.seq <= (chain.held.at(-1)?.seq ?? chain.last)) return chain
  const known = Math.max(chain.known, event.seq)
  return { ...chain, known, held: chain.held.length < MAX_HELD ? [...chain.held, event] : chain.held }
}

/** What to do now. Nothing is done by asking. */
export const next = <Event extends Linked>({ last, known, held }: RoomChain<Event>): ChainStep<Event> => {
  const first = held[0]
  if (first === undefined) return known > last ? { kind: "repair", after: last, through: known } : IDLE
  return first.prev <= last ? { kind: "give", event: first } : { kind: "repair", after: last, through: first.prev }
}

/** The first of the held events was given out. */
export const advance = <Event extends Linked>(chain: RoomChain<Event>): RoomChain<Event> => {
  const [first, ...held] = chain.held
  return first === undefined ? chain : { ...chain, last: first.seq, held }
}

/**
 * The start of a room's feed: everything up to `last` was given out otherwise, while live events were held already.
 */
export const startAt = <Event extends Linked>(chain: RoomChain<Event>, last: number): RoomChain<Event> => ({
  last,
  known: Math.max(chain.known, last),
  held: chain.held.filter((event) => event.seq > last)
})

/**
 * What a repair read from the stream after `chain.last`, ascending and without holes of its own. The stream does not say
 * which event was before which, so they are linked here. Beyond `through` nothing is taken: a reader of a replica that
 * lags behind must not jump over what it is missing.
 */
export const fill = <Event extends Linked>(
  chain: RoomChain<Event>,
  through: number,
  read: ReadonlyArray<Event>
): RoomChain<Event> => {
  const linked: Array<Event> = []
  let prev = chain.last
  for (const event of read) {
    if (event.seq > prev && event.seq <= through) {
      linked.push(event.prev === prev ? event : { ...event, prev })
      prev = event.seq
    }
  }
  return { ...chain, held: [...linked, ...chain.held.filter((event) => event.seq > prev)] }
}
