/** The fence: the broker stores the message, and its whole batch, only while `head` is still the partition's last event. */
import type { Outgoing } from "#nats/publish.ts"
import { annotatedPartition } from "#nats/Subjects.ts"
import type { Head } from "./Head.ts"

export const fenced = (message: Outgoing, partition: number, head: Head): Outgoing => ({
  ...message,
  headers: {
    ...message.headers,
    "Nats-Expected-Last-Subject-Sequence": String(head.seq),
    "Nats-Expected-Last-Subject-Sequence-Subject": annotatedPartition(partition)
  }
})
