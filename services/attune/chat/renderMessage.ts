/** A message as one line of a terminal. Pure. What others wrote is printed as text: it can move no cursor. */
import type { ChatMessage } from "#libs/plainClient/incomingFrame.ts"

export interface RenderOptions {
  readonly colours: boolean
  /** The name whose messages are marked as one's own. */
  readonly user: string
}

/** From here on a message is flagged. A person decides what it means; the number only asks for a look. */
const FLAG_FROM = 0.5

const STYLES = { dim: "2", bold: "1", green: "32", red: "31", yellow: "33", magenta: "1;35" } as const
type Style = keyof typeof STYLES

/** Colours a text, or leaves it as it is. */
export const paint = (colours: boolean, style: Style, text: string): string =>
  colours ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text

// Control characters (C0, DEL, C1) and the marks that turn the direction of writing for the rest of the line.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu

/** Text of somebody else, safe to print: line breaks are indented, what could steer a terminal is replaced. */
export const printable = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll(UNSAFE, "\u{fffd}").replaceAll("\n", "\n    ")

const MOOD: Readonly<Record<"negative" | "neutral" | "positive", { readonly sign: string; readonly style: Style }>> = {
  negative: { sign: "-", style: "red" },
  neutral: { sign: "·", style: "dim" },
  positive: { sign: "+", style: "green" }
}

const moodOf = ({ sentiment }: ChatMessage, colours: boolean): string => {
  if (sentiment === null) return paint(colours, "yellow", "?")
  const { sign, style } = MOOD[sentiment]
  return paint(colours, style, sign)
}

const flagOf = ({ crisis_probability: probability }: ChatMessage, colours: boolean): string =>
  probability === null || probability < FLAG_FROM
    ? ""
    : ` ${paint(colours, "magenta", `[may need support: ${Math.round(probability * 100)} %]`)}`

const timeOf = (created: string): string => {
  const at = new Date(created)
  return Number.isNaN(at.getTime()) ? "--:--:--" : at.toTimeString().slice(0, 8)
}

/** Time, sentiment (`+`, `·`, `-`, or `?` when there is none), who, what, and a flag when a look is asked for. */
export const renderMessage = (message: ChatMessage, { colours, user }: RenderOptions): string => {
  const isOwn = message.user_id === user
  const who = paint(colours, "bold", printable(message.user_id).replaceAll("\n", " "))
  const stored = isOwn ? paint(colours, "dim", " ✓") : ""
  const time = paint(colours, "dim", timeOf(message.created_at))
  return `${time} ${moodOf(message, colours)} ${who}: ${printable(message.text)}${flagOf(message, colours)}${stored}`
}
