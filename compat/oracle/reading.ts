import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import type { Read, Write } from '../../src/protocol/schema.ts';
import { topicOf } from './batches.ts';
import type { Plain } from './plain.ts';
import type { Peer } from './scenario.ts';
import type { Topic } from './topics.ts';

export type FetchRequest = Write<typeof fetch.request.fields>;
export type FetchAnswer = Read<typeof fetch.response.fields>;
export type FetchPartition = FetchRequest['topics'][number]['partitions'][number];

/** One partition of a fetch, from offset 0 and with much room unless told otherwise. */
export function partitionAt(options: Partial<FetchPartition> = {}): FetchPartition {
  return { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20, ...options };
}

/** A fetch of one topic that answers at once, outside a session. */
export function toFetch(
  topic: Topic,
  partitions: readonly FetchPartition[],
  options: Partial<FetchRequest> = {},
): FetchRequest {
  return {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 24,
    topics: [{ ...topicOf(topic), partitions }],
    forgottenTopicsData: [],
    ...options,
  };
}

/** In a session Kafka rotates the order of the partitions. */
export function sortPartitions(answer: FetchAnswer): unknown {
  const responses = answer.responses.map((response) => ({
    ...response,
    partitions: response.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
  }));
  return { ...answer, responses };
}

const WITHOUT_SIZES = new Set(['size']);

/** Records what partition 0 holds from the start. */
export async function readBack(
  peer: Peer,
  topic: Topic,
  label: string,
  options: { withoutSizes?: boolean } = {},
): Promise<void> {
  const step = await peer.callStep(label, fetch, 12, toFetch(topic, [partitionAt()]));
  if (options.withoutSizes === true) step.answer = without(step.answer, WITHOUT_SIZES);
}

/** A transcript's value without some fields: the size of a batch that the broker compressed is the library's. */
function without(value: Plain, fields: ReadonlySet<string>): Plain {
  if (Array.isArray(value)) return value.map((element) => without(element, fields));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => (fields.has(key) ? [] : [[key, without(field, fields)]])),
  );
}
