import * as Metric from "effect/Metric"

/** With the attribute `why`: `stuck` or `died`. */
export const enginesReplaced = Metric.counter("attune_engine_replaced_total", {
  description: "Analysis engines that had to be replaced",
  incremental: true
})
