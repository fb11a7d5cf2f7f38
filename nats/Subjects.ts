/** The only place where a subject is built or parsed. Rooms are validated tokens; users never appear in a subject. */
import type { RoomId } from "#libs/domain/RoomId.ts"
import { isRoomId } from "#libs/domain/RoomId.ts"
import { PARTITIONS } from "./Topology.ts"

/** What may be submitted to a room. Each kind has its own subject, so that permissions can differ by kind. */
export type SubmissionKind = "message"

/**
 * The partition the server's `partition(32, room)` puts a room into: FNV-1a (32 bit) of the name, modulo the count.
 * Edges need it to read `ANN` by room; they never decide it, since the server transforms the subject itself.
 */
export const partitionOf = (room: RoomId): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < room.length; index++) {
    hash = Math.imul(hash ^ room.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % PARTITIONS
}

/** Where an edge publishes; the server stores it as `sub.<partition>.<room>.<kind>`. */
export const submissionSubject = (kind: SubmissionKind, room: RoomId): string => `chat.${kind}.${room}`

/** All stored submissions of a partition. */
export const submissionsOfPartition = (partition: number): string => `sub.${partition}.>`

/** All stored submissions of a room. */
export const submissionsOfRoom = (room: RoomId): string => `sub.${partitionOf(room)}.${room}.>`

/** The header-only signal that a partition of `SUB` has grown. */
export const wakeSubject = (partition: number): string => `wake.${partition}`

/** A room's place in the annotated stream. */
export const annotatedSubject = (room: RoomId): string => `ann.${partitionOf(room)}.${room}`

/** The whole of a partition in the annotated stream: what the fence of its one writer is about. */
export const annotatedPartition = (partition: number): string => `ann.${partition}.>`

/** What the server republishes of a room as soon as it is stored. */
export const liveSubject = (room: RoomId): string => `live.${room}`

/** Key of a bucket as the subject of the stream behind it. */
export const bucketKey = (bucket: string, key: string): string => `$KV.${bucket}.${key}`

/** Where a role's answers arrive; its credentials let it subscribe nowhere else of the kind. */
export const inboxPrefix = (role: string): string => `_INBOX_${role}`

/** Questions to the read model (request/reply). */
export const historySubject = (question: "page" | "find"): string => `history.${question}`

/** The room and partition of a stored submission's subject, or undefined if it is not one. */
export const parseSubmission = (
  subject: string
): { readonly partition: number; readonly room: RoomId; readonly kind: string } | undefined => {
  const [root, partition, room, kind, ...rest] = subject.split(".")
  if (root !== "sub" || room === undefined || kind === undefined || rest.length > 0 || !isRoomId(room)) return undefined
  return { partition: Number(partition), room, kind }
}

/** The room and partition of an annotated event's subject, or undefined if it is not one. */
export const parseAnnotated = (subject: string): { readonly partition: number; readonly room: RoomId } | undefined => {
  const [root, partition, room, ...rest] = subject.split(".")
  if (root !== "ann" || room === undefined || rest.length > 0 || !isRoomId(room)) return undefined
  return { partition: Number(partition), room }
}
