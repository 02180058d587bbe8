import { produce } from '../../src/protocol/messages/000-produce.ts';
import type { Write } from '../../src/protocol/schema.ts';
import { buildBatch, type BatchOptions, type NewRecord } from '../../src/records/batch-builder.ts';
import { BATCH_FIELD, rewriteCrc } from '../../src/records/batch.ts';
import type { Peer } from './scenario.ts';
import type { Topic } from './topics.ts';

/** A time for records far from now, so that transcripts show it as it is; topics of the scenarios accept it. */
export const SOME_TIME = 1_700_000_000_000;

export type ProduceRequest = Write<typeof produce.request.fields>;

/** `count` records with key, value and a timestamp each; one header on the first. */
export function someRecords(count: number, from = 0): NewRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`k${from + index}`),
    value: Buffer.from(`v${from + index}`),
    timestamp: SOME_TIME + from + index,
    headers: index === 0 ? [{ key: 'h', value: Buffer.from('x') }] : [],
  }));
}

export function someBatch(count = 1, options: BatchOptions = {}, from = 0): Buffer {
  return buildBatch(someRecords(count, from), options);
}

/** A batch with one field of its header overwritten, its checksum right again unless the checksum is the point. */
export function bentBatch(
  source: Uint8Array,
  bend: (view: DataView, field: typeof BATCH_FIELD) => void,
  options: { keepCrc?: boolean } = {},
): Buffer {
  const bytes = Buffer.from(source);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  bend(view, BATCH_FIELD);
  if (options.keepCrc !== true) rewriteCrc(view, 0);
  return bytes;
}

/** A produce request of one partition. */
export function toProduce(
  topic: Topic,
  bytes: Uint8Array | null,
  options: Partial<ProduceRequest> & { partition?: number } = {},
): ProduceRequest {
  const { partition = 0, ...rest } = options;
  return {
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ ...topicOf(topic), partitionData: [{ index: partition, records: bytes }] }],
    ...rest,
  };
}

/** The same topic by name and by id: each version carries the one it knows. */
export function topicOf(topic: Topic): { name: string; topic: string; topicId: string } {
  return { name: topic.name, topic: topic.name, topicId: topic.topicId };
}

/** A topic that does not exist, by name and by id. */
export function noTopic(name: string): Topic {
  return { name, topicId: 'AAAAAAAAAAAAAAAAAAAAcg' };
}

/** Writes records outside the record of the scenario; throws when that fails. */
export async function put(peer: Peer, topic: Topic, bytes: Uint8Array, partition = 0): Promise<number> {
  const answer = await peer.quiet(produce, 12, toProduce(topic, bytes, { partition }));
  const result = answer?.responses[0]?.partitionResponses[0];
  if (result === undefined || result.errorCode !== 0)
    throw new Error(`could not write: ${result?.errorCode} ${result?.errorMessage}`);
  return result.baseOffset;
}
