/** What the projector shows of itself. Numbers only: no room, no author, no question. */
import * as Metric from "effect/Metric"

export const appliedSequence = Metric.gauge("attune_projector_applied_sequence", {
  description: "Last sequence of the annotated stream that the read model has applied"
})

export const lagEvents = Metric.gauge("attune_projector_lag_events", {
  description: "Events of the annotated stream that the read model has not applied yet"
})

export const serving = Metric.gauge("attune_projector_serving", {
  description: "1 while this replica answers history questions, 0 while it lags too far"
})

export const batchEvents = Metric.histogram("attune_projector_batch_events", {
  description: "Events a transaction",
  boundaries: [1, 2, 5, 10, 20, 50, 100, 200, 500]
})

export const batchSeconds = Metric.histogram("attune_projector_batch_seconds", {
  description: "Time a transaction held the event loop",
  boundaries: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5]
})

const skipped = Metric.counter("attune_projector_skipped_total", {
  description: "Events kept as a placeholder or left out, because this build cannot read them or their subject",
  incremental: true
})
export const undecodable = Metric.withAttributes(skipped, { reason: "undecodable" })
export const misplaced = Metric.withAttributes(skipped, { reason: "misplaced" })

export const failures = Metric.counter("attune_projector_failures_total", {
  description: "Times the tail or a transaction failed and was begun again",
  incremental: true
})

const questions = Metric.counter("attune_projector_questions_total", {
  description: "History questions by outcome",
  incremental: true
})

export type Question = "page" | "find"
export type Outcome = "answered" | "invalid" | "lagging" | "unavailable"

/** The counter of one question's outcome. */
export const questionsWith = (question: Question, outcome: Outcome) =>
  Metric.withAttributes(questions, { question, outcome })

export const questionSeconds = Metric.histogram("attune_projector_question_seconds", {
  description: "From a question's arrival to its answer, waiting for freshness included",
  boundaries: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 2, 5]
})
