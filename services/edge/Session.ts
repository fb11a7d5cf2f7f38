/**
 * One connected client: its socket, its way out, its rooms, and the frames it sent that have no outcome yet. Plain state,
 * small on purpose: most sockets are idle members of one room. What is done with it: serveSession.ts.
 */
import type { WebSocket } from "ws"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { UserId } from "#libs/domain/UserId.ts"
import { type ProtocolError, errorText } from "#libs/protocol/ProtocolError.ts"
import { textFrame } from "#libs/socket/frame.ts"
import type { Outbox } from "#libs/socket/Outbox.ts"

/** Rooms one socket may be in. */
export const MAX_ROOMS = 64
/** Frames without an outcome above which no more are read from the socket, and at which reading goes on. */
const PAUSE_AT = 32
const RESUME_AT = 16

/** To be in the room that the address named. */
export interface JoinCommand {
  readonly _tag: "Join"
  readonly room: RoomId
  readonly limit: number
  readonly tries: number
}

/** What a frame says, not looked at yet. */
export interface FrameCommand {
  readonly _tag: "Frame"
  readonly data: Buffer
  readonly isBinary: boolean
  readonly arrivedAt: number
}

type Command = JoinCommand | FrameCommand

export class Session {
  readonly ws: WebSocket
  readonly outbox: Outbox
  /** Who speaks in frames that name nobody. */
  readonly user: UserId | undefined
  readonly address: string
  /** When anything was last heard, and when the next ping is due (milliseconds of a clock that never goes back). */
  heardAt: number
  pingDue: number
  closed = false
  /** The join of the address while it is still to succeed: who enters that room by another way gets what it asked for. */
  awaited: JoinCommand | undefined = undefined
  #rooms: RoomId | Set<RoomId> | undefined
  #waiting: Array<Command> | undefined
  #unsettled = 0

  constructor(ws: WebSocket, outbox: Outbox, address: string, user: UserId | undefined, now: number, pingDue: number) {
    this.ws = ws
    this.outbox = outbox
    this.address = address
    this.user = user
    this.heardAt = now
    this.pingDue = pingDue
  }

  isIn(room: RoomId): boolean {
    return this.#rooms instanceof Set ? this.#rooms.has(room) : this.#rooms === room
  }

  hasMaxRooms(): boolean {
    return this.#rooms instanceof Set && this.#rooms.size >= MAX_ROOMS
  }

  addRoom(room: RoomId): void {
    if (this.awaited?.room === room) this.awaited = undefined
    // A set costs more than all the rest of an idle session, and few sockets need one.
    if (this.#rooms instanceof Set) this.#rooms.add(room)
    else this.#rooms = this.#rooms === undefined || this.#rooms === room ? room : new Set([this.#rooms, room])
  }

  /** Queues a command. True: nobody works on this session's commands yet, the caller must. */
  push(command: Command): boolean {
    const first = this.#waiting === undefined
    this.#waiting ??= []
    this.#waiting.push(command)
    this.expect()
    return first
  }

  /** Something more is under way for this client. */
  expect(): void {
    if (++this.#unsettled >= PAUSE_AT && !this.ws.isPaused) this.ws.pause()
  }

  /** The next command; undefined when there is none, and whoever worked on them may stop. */
  next(): Command | undefined {
    const command = this.#waiting?.shift()
    if (command === undefined) this.#waiting = undefined
    return command
  }

  /** Something that was expected has its outcome. */
  settle(): void {
    if (--this.#unsettled <= RESUME_AT && this.ws.isPaused) this.ws.resume()
  }

  /** Nothing is under way for this client. */
  isSettled(): boolean {
    return this.#unsettled === 0
  }

  tell(error: ProtocolError): void {
    this.outbox.offer(textFrame(errorText(error)))
  }
}
