/** What the sequencer did, in numbers. Updated once a batch where a batch is at hand. */
import * as Metric from "effect/Metric"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

export const annotatedTotal = counter("attune_analyzer_annotated_total", "Submissions answered by an annotated event")
export const unscoredTotal = counter(
  "attune_analyzer_unscored_total",
  "Messages sent on without scores, because the engine gave none in its time or the text could not be opened"
)
/** With the attribute `reason`. */
export const parkedTotal = counter("attune_analyzer_parked_total", "Submissions parked because they cannot be read")
export const keysWaitTotal = counter(
  "attune_analyzer_keys_wait_total",
  "Times a partition waited because the bucket of keys was out of reach"
)
export const deferredTotal = counter(
  "attune_analyzer_deferred_total",
  "Partitions given up for a while, so that a newer build can read what this one cannot"
)
/** With the attribute `outcome`: `committed`, `retry` or `fenced`. */
export const unclearAppendsTotal = counter(
  "attune_analyzer_unclear_appends_total",
  "Appends without an acknowledgement, by what the head then said"
)
export const partitionsHeld = Metric.gauge("attune_analyzer_partitions_held", {
  description: "Partitions this process works on"
})
export const feedGapsTotal = counter(
  "attune_analyzer_feed_gaps_total",
  "Submissions a replica skipped, read again from the leader"
)
export const holesFoundTotal = counter(
  "attune_analyzer_holes_found_total",
  "Submissions without an annotated event below their partition's checkpoint: an alarm"
)
export const holesFilledTotal = counter("attune_analyzer_holes_filled_total", "Holes answered late")
export const checkedThrough = Metric.gauge("attune_analyzer_checked_through_sequence", {
  description: "Every submission up to this sequence has been seen answered by the hole monitor"
})
