/**
 * Compares what rooms were given with what the stream has. A lost last message is invisible to the rest: nothing comes
 * after it that would name it. Also the proof that this process is still in touch with the stream.
 */
import * as Effect from "effect/Effect"
import type { RoomId } from "#libs/domain/RoomId.ts"
import type { Connection } from "#nats/NatsConnection.ts"
import type { NatsError } from "#nats/NatsError.ts"
import { directGet, lastFromLeader } from "#nats/read.ts"
import { annotatedPartition, annotatedSubject, parseAnnotated } from "#nats/Subjects.ts"
import { ANN } from "#nats/Topology.ts"

/** The broker refuses more subjects in one question. */
const MAX_SUBJECTS = 1_024

const chunksOf = (rooms: ReadonlyArray<RoomId>): ReadonlyArray<ReadonlyArray<RoomId>> =>
  Array.from({ length: Math.ceil(rooms.length / MAX_SUBJECTS) }, (_, index) =>
    rooms.slice(index * MAX_SUBJECTS, (index + 1) * MAX_SUBJECTS)
  )

/** Asks for the heads of all rooms; `learn` hears of each that has one. Without rooms, it only asks for an answer. */
export const compareHeads = (
  connection: Connection,
  rooms: ReadonlyArray<RoomId>,
  learn: (room: RoomId, head: number) => void
): Effect.Effect<void, NatsError> =>
  rooms.length === 0
    ? Effect.asVoid(lastFromLeader(connection, ANN, annotatedPartition(0)))
    : Effect.forEach(
        chunksOf(rooms),
        (chunk) =>
          Effect.map(directGet(connection, ANN, { multi_last: chunk.map(annotatedSubject) }), (heads) => {
            for (const { subject, seq } of heads) {
              const place = parseAnnotated(subject)
              if (place !== undefined) learn(place.room, seq)
            }
          }),
        { discard: true }
      )
