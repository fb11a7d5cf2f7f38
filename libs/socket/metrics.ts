/** What leaves this process towards readers. Updated once a tick, not once a frame: a frame costs less than a metric. */
import * as Metric from "effect/Metric"

export const framesSent = Metric.counter("attune_socket_frames_sent_total", {
  description: "WebSocket frames handed to sockets",
  incremental: true
})
export const bytesSent = Metric.counter("attune_socket_bytes_sent_total", {
  description: "Bytes of WebSocket frames handed to sockets",
  incremental: true
})
export const slowReadersCutOff = Metric.counter("attune_socket_slow_readers_cut_off_total", {
  description: "Readers closed because their outgoing queue was full",
  incremental: true
})
