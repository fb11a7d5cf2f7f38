import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { MAX_TEXT_BYTES, MAX_TEXT_CODE_POINTS } from "#libs/domain/MessageText.ts"
import { MAX_PAGE_EVENTS } from "#libs/history/HistoryProtocol.ts"
import { closeCodes } from "#libs/protocol/closeCodes.ts"
import { errorCodes } from "#libs/protocol/errorCodes.ts"
import { MAX_FRAME_BYTES } from "#libs/protocol/plainFrame.ts"
import { DEFAULT_OUTBOX } from "#libs/socket/Outbox.ts"
import { MAX_OPEN_ROOMS } from "#services/broadcaster/Rooms.ts"
import { DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_CONNECTIONS_PER_ADDRESS } from "#services/edge/EdgeOptions.ts"
import { DEFAULT_HEARTBEAT } from "#services/edge/heartbeat.ts"
import { MAX_ROOMS } from "#services/edge/Session.ts"

const document = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8")
const words = document.replaceAll(/\s+/g, " ")
const number = (value: number): string => value.toLocaleString("en")

describe("docs/protocol.md", () => {
  it("has every error code as it is in the table", () => {
    for (const [code, { meaning, retryable, socket }] of Object.entries(errorCodes)) {
      expect(document).toContain(`| \`${code}\` | ${retryable ? "yes" : "no"} | ${socket} | ${meaning} |`)
    }
  })

  it("has every close code as it is in the table", () => {
    for (const { code, comeBack, reason } of Object.values(closeCodes)) {
      expect(document).toContain(`| ${code} | \`${reason}\` | ${comeBack} |`)
    }
  })

  it("names the limits that hold", () => {
    const { graceMs, intervalMs } = DEFAULT_HEARTBEAT
    for (const sentence of [
      `A frame has at most ${number(MAX_FRAME_BYTES)} bytes`,
      `a frame of more than ${number(2 * MAX_FRAME_BYTES)} bytes`,
      `1 to ${number(MAX_TEXT_CODE_POINTS)} characters (Unicode code points), at most ${number(MAX_TEXT_BYTES)} bytes`,
      `0 to ${MAX_PAGE_EVENTS}, 50 when left out`,
      `a socket may be in ${MAX_ROOMS} rooms`,
      `listens to ${number(MAX_OPEN_ROOMS)} rooms at once`,
      `${number(DEFAULT_MAX_CONNECTIONS)} connections are open`,
      `${number(DEFAULT_MAX_CONNECTIONS_PER_ADDRESS)} connections from this address`,
      `pings every ${intervalMs / 1_000} s`,
      `without one for ${(intervalMs + graceMs) / 1_000} s`,
      `More than ${DEFAULT_OUTBOX.maxBytes / 1024 ** 2} MiB or ${DEFAULT_OUTBOX.maxFrames} frames`
    ]) {
      expect(words).toContain(sentence)
    }
  })
})
