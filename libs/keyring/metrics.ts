/** How often a keyring answers from memory, and how many entries it has made; by kind: author, sealing, opening. */
import * as Metric from "effect/Metric"

export type LookupKind = "author" | "sealing" | "opening"

const counters = (name: string, description: string): Readonly<Record<LookupKind, Metric.Counter<number>>> => {
  const counter = Metric.counter(name, { description, incremental: true })
  return {
    author: Metric.withAttributes(counter, { kind: "author" }),
    sealing: Metric.withAttributes(counter, { kind: "sealing" }),
    opening: Metric.withAttributes(counter, { kind: "opening" })
  }
}

export const lookups = counters("attune_keyring_lookups_total", "Pseudonyms and keys asked for")
export const misses = counters("attune_keyring_misses_total", "Of these, those that KEYS was asked for")
/** An opening creates nothing: its counter stays at zero. */
export const created = counters("attune_keyring_created_total", "Pseudonyms and keys made by this process")
