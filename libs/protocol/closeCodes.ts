/**
 * Why the server ends a connection, as data: 4000 to 4499 mean "come back", 4500 to 4999 "stay away" (docs/protocol.md).
 * The reason travels in the close frame, for people; a program looks at the number. None of the second kind is needed yet.
 */
export interface CloseCode {
  readonly code: number
  /** At most 123 bytes of UTF-8, as a close frame allows. */
  readonly reason: string
  /** When to come back: at once, or after a random part of the longest wait. */
  readonly comeBack: "now" | "after a random delay"
}

export const closeCodes = {
  /** The process is being stopped or replaced; many clients are told at once, so they spread their return. */
  goingAway: { code: 4000, reason: "going_away", comeBack: "after a random delay" },
  /** Nothing was heard from the client within the heartbeat's deadline: usually the line is dead. */
  silent: { code: 4001, reason: "silent", comeBack: "now" },
  /** The client read slower than its rooms wrote, and its queue was full: nothing is lost, history has it all. */
  slowReader: { code: 4002, reason: "slow_reader", comeBack: "now" }
} as const satisfies Record<string, CloseCode>

/** Whether a client whose connection ended with this code should connect again: always, but for 4500 to 4999. */
export const mayComeBack = (code: number): boolean => code < 4500 || code > 4999
