/** What the edge counts. Updated from plain code with `updateUnsafe`; never with a room, a user or a text as attribute. */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** The process's own registry, for updates outside of any fiber. */
export const METRICS = Context.empty()

export const connections = Metric.gauge("attune_edge_connections", { description: "Open WebSocket connections" })

const upgrades = Metric.counter("attune_edge_upgrades_total", {
  description: "Requests to open a WebSocket, by the HTTP status of the answer",
  incremental: true
})
export const countUpgrade = (status: number): void =>
  Metric.withAttributes(upgrades, { status: String(status) }).updateUnsafe(1, METRICS)

const frames = Metric.counter("attune_edge_frames_total", {
  description: "Frames from clients by outcome: accepted, repeated, or the code of the error they were answered with",
  incremental: true
})
const byOutcome = new Map<string, { readonly updateUnsafe: (input: number, context: typeof METRICS) => void }>()
export const countFrame = (outcome: string): void => {
  let counter = byOutcome.get(outcome)
  if (counter === undefined) {
    counter = Metric.withAttributes(frames, { outcome })
    byOutcome.set(outcome, counter)
  }
  counter.updateUnsafe(1, METRICS)
}

export const submitMilliseconds = Metric.histogram("attune_edge_submit_milliseconds", {
  description: "From a message's arrival to the broker's acknowledgement",
  boundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000]
})
export const submitsInFlight = Metric.gauge("attune_edge_submits_in_flight", {
  description: "Messages waiting for their turn or for the broker's acknowledgement"
})
export const publishRetries = Metric.counter("attune_edge_publish_retries_total", {
  description: "Publications tried again because the broker was away or did not answer in time",
  incremental: true
})
export const silentClosed = Metric.counter("attune_edge_silent_closed_total", {
  description: "Connections closed because nothing was heard within the heartbeat's deadline",
  incremental: true
})
export const ready = Metric.gauge("attune_edge_ready", {
  description: "1 while a message sent now would reach its room, else 0"
})
export const durable = Metric.gauge("attune_edge_durable", {
  description: "1 while the broker says that it syncs before it acknowledges, else 0"
})
