/**
 * Who is known to be refused, and until when: what lets an edge refuse without asking the broker. Bounded: forgetting an
 * entry costs a question, never a wrong answer.
 */
export const makeRefusals = (capacity: number) => {
  const until = new Map<string, number>()
  return {
    size: () => until.size,
    /** How long `key` is refused still, in milliseconds; zero if it is not known to be. */
    left: (key: string, now: number): number => {
      const end = until.get(key)
      if (end === undefined) return 0
      if (end > now) return end - now
      until.delete(key)
      return 0
    },
    refuse: (key: string, end: number): void => {
      until.delete(key)
      // The entry made first is the likeliest to be over.
      const [oldest] = until.size >= capacity ? until.keys() : []
      if (oldest !== undefined) until.delete(oldest)
      until.set(key, end)
    }
  }
}
