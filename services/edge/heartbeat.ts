/** When to ping a client and when to give it up (docs/protocol.md). Pure; times in milliseconds of one steady clock. */
export interface HeartbeatSettings {
  /** Between two pings. */
  readonly intervalMs: number
  /** How long after an interval of silence a client may still answer. */
  readonly graceMs: number
}

export const DEFAULT_HEARTBEAT: HeartbeatSettings = { intervalMs: 25_000, graceMs: 10_000 }

/** How often the sessions are looked through: one timer for all of them. */
export const sweepEveryMs = ({ graceMs, intervalMs }: HeartbeatSettings): number =>
  Math.max(10, Math.min(1_000, intervalMs / 5, graceMs / 5))

/** The first ping comes at a random moment of the first interval, so that those who came together are not pinged together. */
export const firstPing = ({ intervalMs }: HeartbeatSettings, now: number, random: number): number =>
  now + random * intervalMs

export const heartbeat = (
  { graceMs, intervalMs }: HeartbeatSettings,
  { heardAt, pingDue }: { readonly heardAt: number; readonly pingDue: number },
  now: number
): "wait" | "ping" | "give up" => {
  if (now - heardAt >= intervalMs + graceMs) return "give up"
  return now >= pingDue ? "ping" : "wait"
}
