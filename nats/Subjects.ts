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

/** All stored submissions. */
export const ALL_SUBMISSIONS = "sub.>"

/** What the server republishes of `SUB`, of any partition, as soon as it is stored: sealed, and for analyzers alone. */
export const ANY_WAKE = "wake.*"

/** A room's place in the annotated stream. */
export const annotatedSubject = (room: RoomId): string => `ann.${partitionOf(room)}.${room}`

/** The whole of a partition in the annotated stream: what the fence of its one writer is about. */
export const annotatedPartition = (partition: number): string => `ann.${partition}.>`

/** All events. */
export const ALL_ANNOTATED = "ann.>"

/**
 * Where the event of a submission goes whose room is not one: it keeps its place in its partition's order, and no reader
 * of a room ever meets it, since no room can be named so.
 */
export const strayAnnotatedSubject = (partition: number): string => `ann.${partition}.$stray`

/** What the server republishes of a room as soon as it is stored. */
export const liveSubject = (room: RoomId): string => `live.${room}`

/** Key of a bucket as the subject of the stream behind it. */
export const bucketKey = (bucket: string, key: string): string => `$KV.${bucket}.${key}`

/** The key that a message of the stream behind a bucket is an entry of. */
export const keyOfBucket = (bucket: string, subject: string): string => subject.slice(`$KV.${bucket}.`.length)

/** Where a role's answers arrive; its credentials let it subscribe nowhere else of the kind. */
export const inboxPrefix = (role: string): string => `_INBOX_${role}`

/** Questions to the read model (request/reply). */
export const historySubject = (question: "page" | "find"): string => `history.${question}`

/** The queue group of the replicas that answer them: each question goes to one. */
export const HISTORY_QUEUE = "history"

/** The room and partition of a stored submission's subject, or undefined if it is not one. */
export const parseSubmission = (
  subject: string
): { readonly partition: number; readonly room: RoomId; readonly kind: string } | undefined => {
  const [root, partition, room, kind, ...rest] = subject.split(".")
  if (root !== "sub" || room === undefined || kind === undefined || rest.length > 0 || !isRoomId(room)) return undefined
  return { partition: Number(partition), room, kind }
}

/** The partition in a stored submission's subject, which the server put there, whatever else the subject says. */
export const partitionOfSubmission = (subject: string): number => Number(subject.split(".", 2)[1])

/** The room and partition of an annotated event's subject, or undefined if it is not one. */
export const parseAnnotated = (subject: string): { readonly partition: number; readonly room: RoomId } | undefined => {
  const [root, partition, room, ...rest] = subject.split(".")
  if (root !== "ann" || room === undefined || rest.length > 0 || !isRoomId(room)) return undefined
  return { partition: Number(partition), room }
}
