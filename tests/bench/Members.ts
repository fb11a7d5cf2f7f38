/**
 * A population of sockets in rooms, and the check that every one of them got every message of its room exactly once and
 * in the same order. Messages carry a number in their text; times are kept here, not in the message.
 */
import { LeanSocket } from "./LeanSocket.ts"

const MARK = Buffer.from('"#')
const QUOTE = 0x22

/** The number in a message's text, or -1 for a frame that is not one of ours. */
const numberIn = (bytes: Buffer, start: number, end: number): number => {
  const mark = bytes.indexOf(MARK, start)
  if (mark < 0 || mark >= end) return -1
  let value = 0
  for (let index = mark + MARK.length; index < end; index++) {
    const byte = bytes[index] ?? QUOTE
    if (byte < 0x30 || byte > 0x39) break
    value = value * 10 + (byte - 0x30)
  }
  return value
}

interface Room {
  readonly name: string
  readonly members: Array<{ readonly socket: LeanSocket; readonly received: Array<number> }>
  sent: number
}

export interface MembersOptions {
  readonly port: number
  readonly rooms: number
  readonly membersPerRoom: number
  readonly prefix: string
  /** Called for each message number at each member's receipt. */
  readonly onReceipt?: (message: number) => void
}

const CONNECT_AT_ONCE = 50
const PADDING = " the rest of an ordinary message of about a hundred characters, as people write them in a chat"

export class Members {
  readonly rooms: Array<Room> = []
  /** Frames that were no message: errors, mostly. The first few, for the report. */
  readonly strange: Array<string> = []
  received = 0
  closed = 0
  private sent = 0
  private readonly onReceipt: (message: number) => void

  private constructor(onReceipt: (message: number) => void) {
    this.onReceipt = onReceipt
  }

  static async join({ port, rooms, membersPerRoom, prefix, onReceipt }: MembersOptions): Promise<Members> {
    const members = new Members(onReceipt ?? (() => undefined))
    const openings: Array<() => Promise<void>> = []
    for (let index = 0; index < rooms; index++) {
      const room: Room = { name: `${prefix}${index}`, members: [], sent: 0 }
      members.rooms.push(room)
      for (let member = 0; member < membersPerRoom; member++) openings.push(() => members.open(port, room))
    }
    while (openings.length > 0) await Promise.all(openings.splice(0, CONNECT_AT_ONCE).map((open) => open()))
    return members
  }

  /** Sends the next message into a room from one of its members; returns its number. */
  send(roomIndex: number): number {
    const room = this.rooms[roomIndex % this.rooms.length]
    const number = this.sent++
    const member = room?.members[number % (room.members.length || 1)]
    if (room === undefined || member === undefined) throw new Error("there is nobody to send")
    room.sent++
    const user = `${room.name}-${number % room.members.length}`
    member.socket.send(JSON.stringify({ room_id: room.name, user_id: user, text: `#${number}${PADDING}` }))
    return number
  }

  /** Receipts still missing: members times messages, less what arrived. */
  missing(): number {
    return this.rooms.reduce((sum, room) => sum + room.sent * room.members.length, 0) - this.received
  }

  /** What went wrong, in words; empty when everybody got everything once and in one order. */
  faults(): ReadonlyArray<string> {
    const faults: Array<string> = []
    for (const room of this.rooms) {
      const reference = room.members[0]?.received ?? []
      if (new Set(reference).size !== room.sent || reference.length !== room.sent) {
        faults.push(`${room.name}: first member has ${reference.length} of ${room.sent} messages`)
      }
      for (const [index, { received }] of room.members.entries()) {
        const isSame = received.length === reference.length && received.every((number, at) => number === reference[at])
        if (!isSame) faults.push(`${room.name}: member ${index} differs from the first (${received.length} messages)`)
      }
    }
    if (this.closed > 0) faults.push(`${this.closed} sockets were closed`)
    if (this.strange.length > 0) faults.push(`unexpected frames, such as ${this.strange[0] ?? ""}`)
    return faults
  }

  close(): void {
    for (const room of this.rooms) for (const { socket } of room.members) socket.close()
  }

  private async open(port: number, room: Room): Promise<void> {
    const received: Array<number> = []
    let isOpen = true
    const socket = await LeanSocket.open(port, `/ws/chat?room_id=${room.name}`, {
      onText: (bytes, start, end) => {
        const number = numberIn(bytes, start, end)
        if (number < 0) {
          if (this.strange.length < 5) this.strange.push(bytes.toString("utf8", start, Math.min(end, start + 200)))
          return
        }
        received.push(number)
        this.received++
        this.onReceipt(number)
      },
      onClose: () => {
        if (isOpen) this.closed++
        isOpen = false
      }
    })
    room.members.push({ socket, received })
  }
}
