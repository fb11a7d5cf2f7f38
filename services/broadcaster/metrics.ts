/** What the broadcaster counts, from plain code and never with a room as attribute. */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** The process's own registry, for updates outside of any fiber. */
const METRICS = Context.empty()

const counter = (name: string, description: string): ((by: number) => void) => {
  const metric = Metric.counter(`attune_broadcaster_${name}_total`, { description, incremental: true })
  return (by) => metric.updateUnsafe(by, METRICS)
}

const gauge = (name: string, description: string): ((value: number) => void) => {
  const metric = Metric.gauge(`attune_broadcaster_${name}`, { description })
  return (value) => metric.updateUnsafe(value, METRICS)
}

export const count = {
  messages: counter("messages", "Messages given out to rooms with readers here"),
  deliveries: counter("deliveries", "Messages given out, counted once a reader"),
  placeholders: counter("placeholders", "Events that kept their place in a room's order without content"),
  gaps: counter("gaps", "Times that live events were missing and the stream was read instead"),
  repaired: counter("repaired_events", "Events read from the stream because they did not come live"),
  retries: counter("retries", "Failed attempts to repair a room or to reach a key; the room waits meanwhile"),
  joins: counter("joins", "Readers that were let into a room"),
  historyLoads: counter("history_loads", "Times that a room's newest messages were read for those who join"),
  streamLoads: counter("stream_loads", "Those read from the stream, the read model being away or behind"),
  headChecks: counter("head_checks", "Comparisons of all rooms' heads with the stream"),
  headCheckFailures: counter("head_check_failures", "Comparisons that could not be made")
} as const

export const roomsOpen = gauge("rooms", "Rooms this process listens to")
