import { listOffsets as listOffsetsApi } from '../../protocol/messages/002-list-offsets.ts';
import { deleteRecords as deleteRecordsApi } from '../../protocol/messages/021-delete-records.ts';
import { KafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkPartitions, invalid } from './arguments.ts';
import { atLeaders } from './placed.ts';
import { toldError, type Outcome, type PartitionResults } from './results.ts';

/** Names for the special times of ListOffsets, with the version that knows them. */
const SPECS = {
  latest: { timestamp: -1, version: 1 },
  earliest: { timestamp: -2, version: 1 },
  'max-timestamp': { timestamp: -3, version: 7 },
  'earliest-local': { timestamp: -4, version: 8 },
  'latest-tiered': { timestamp: -5, version: 9 },
  'earliest-pending-upload': { timestamp: -6, version: 11 },
} as const;
const CONSUMER = -1;
const HIGH_WATERMARK = -1;

/**
 * Which offset: by name, or the first record of this time (milliseconds) or later. `max-timestamp` is that of the record with the
 * greatest time (KIP-734); the last three are for tiered storage (KIP-405, KIP-1005, KIP-1023).
 */
export type OffsetSpec = keyof typeof SPECS | number;

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetSpec;
}

export interface ListedOffset {
  /** -1 when there is none, as for a time after the last record. */
  readonly offset: number;
  /** Of the record there; -1 for `earliest` and `latest`. */
  readonly timestamp: number;
  /** -1 when it is not known. */
  readonly leaderEpoch: number;
}

export interface ListOffsetsOptions {
  /** With `read_committed`, `latest` is the last stable offset; `read_uncommitted`. */
  readonly isolation?: 'read_uncommitted' | 'read_committed';
}

export async function listOffsets(
  calls: AdminCalls,
  queries: readonly OffsetQuery[],
  { isolation = 'read_uncommitted' }: ListOffsetsOptions,
): Promise<PartitionResults<ListedOffset>> {
  checkPartitions(queries);
  const versionNeeded = Math.max(1, ...queries.map(versionOf));
  const isolationLevel = isolation === 'read_committed' ? 1 : 0;
  return atLeaders(calls, 'list the offset', queries, async (connection, items) => {
    const answer = await calls.ask(connection, listOffsetsApi, (version) => {
      if (version < Math.max(versionNeeded, isolationLevel + 1)) {
        throw new KafkaError('UNSUPPORTED', 'the broker does not know one of the offsets asked for');
      }
      return {
        replicaId: CONSUMER,
        isolationLevel,
        topics: [...byTopic(items.values())].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, at }) => ({
            partitionIndex: partition,
            timestamp: typeof at === 'number' ? at : SPECS[at].timestamp,
          })),
        })),
        timeoutMs: calls.timeoutMs,
      };
    });
    const outcomes = new Map<string, Outcome<ListedOffset>>();
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
        const key = partitionName({ topic: name, partition: partitionIndex });
        const error = toldError(`list the offset of ${key}`, errorCode);
        outcomes.set(key, error ?? { offset, timestamp, leaderEpoch });
      }
    }
    return outcomes;
  });
}

function versionOf({ topic, partition, at }: OffsetQuery): number {
  if (typeof at === 'number') {
    checkInteger(at, `time for ${topic}-${partition}`, 0, Number.MAX_SAFE_INTEGER);
    return 1;
  }
  if (Object.hasOwn(SPECS, at)) return SPECS[at].version;
  throw invalid(`"${at}" is no offset; there are ${Object.keys(SPECS).join(', ')} and times`);
}

export interface RecordsToDelete extends TopicPartition {
  /** Records before this offset go; `latest`: all below the high watermark. */
  readonly before: number | 'latest';
}

/** Gives the low watermark of each partition: no replica has records below. */
export async function deleteRecords(
  calls: AdminCalls,
  deletions: readonly RecordsToDelete[],
): Promise<PartitionResults<number>> {
  checkPartitions(deletions);
  for (const { topic, partition, before } of deletions) {
    if (before !== 'latest') checkInteger(before, `before of ${topic}-${partition}`, 0, Number.MAX_SAFE_INTEGER);
  }
  return atLeaders(calls, 'delete records', deletions, async (connection, items) => {
    const answer = await calls.ask(connection, deleteRecordsApi, {
      topics: [...byTopic(items.values())].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, before }) => ({
          partitionIndex: partition,
          offset: before === 'latest' ? HIGH_WATERMARK : before,
        })),
      })),
      timeoutMs: calls.timeoutMs,
    });
    const outcomes = new Map<string, Outcome<number>>();
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, lowWatermark, errorCode } of partitions) {
        const key = partitionName({ topic: name, partition: partitionIndex });
        outcomes.set(key, toldError(`delete records of ${key}`, errorCode) ?? lowWatermark);
      }
    }
    return outcomes;
  });
}
