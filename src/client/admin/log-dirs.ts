import { alterReplicaLogDirs as alterReplicaLogDirsApi } from '../../protocol/messages/034-alter-replica-log-dirs.ts';
import { describeLogDirs as describeLogDirsApi } from '../../protocol/messages/035-describe-log-dirs.ts';
import { asKafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkInteger, checkName, checkPartitions } from './arguments.ts';
import { partitionItems } from './placed.ts';
import {
  partitionResults,
  throwTold,
  toldError,
  type Outcome,
  type PartitionResults,
  type Results,
} from './results.ts';

export interface LogDirReplica extends TopicPartition {
  readonly sizeBytes: number;
  /** Records that it lacks to the current replica, for a future one; to the high watermark otherwise. */
  readonly offsetLag: number;
  /** Being filled to take the place of the replica in another directory (KIP-113). */
  readonly isFuture: boolean;
}

export interface LogDir {
  readonly replicas: readonly LogDirReplica[];
  /** Of the volume; -1 from brokers before KIP-827. */
  readonly totalBytes: number;
  readonly usableBytes: number;
  /** Takes no new partitions (KIP-1066). */
  readonly isCordoned: boolean;
}

export interface DescribeLogDirsOptions {
  /** Only these partitions; all when left out. */
  readonly partitions?: readonly TopicPartition[];
}

/** By broker id, then by the directory's path. */
export async function describeLogDirs(
  calls: AdminCalls,
  brokerIds: readonly number[],
  { partitions }: DescribeLogDirsOptions,
): Promise<Results<Results<LogDir>, number>> {
  for (const brokerId of brokerIds) checkInteger(brokerId, 'brokerId');
  checkPartitions(partitions ?? []);
  const topics =
    partitions === undefined
      ? null
      : [...byTopic(partitions)].map(([topic, some]) => ({
          topic,
          partitions: some.map(({ partition }) => partition),
        }));
  const entries = brokerIds.map(async (brokerId): Promise<[number, Outcome<Results<LogDir>>]> => {
    const about = `describe the log directories of broker ${brokerId}`;
    const asked = calls.atBroker(brokerId, about, async (connection) => {
      const answer = await calls.ask(connection, describeLogDirsApi, { topics });
      throwTold(about, answer.errorCode);
      return new Map(
        answer.results.map((told): [string, Outcome<LogDir>] => [
          told.logDir,
          toldError(`${about}, ${told.logDir}`, told.errorCode) ?? {
            replicas: told.topics.flatMap(({ name, partitions: some }) =>
              some.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
                topic: name,
                partition: partitionIndex,
                sizeBytes: partitionSize,
                offsetLag,
                isFuture: isFutureKey,
              })),
            ),
            totalBytes: told.totalBytes,
            usableBytes: told.usableBytes,
            isCordoned: told.isCordoned,
          },
        ]),
      );
    });
    return [brokerId, await asked.catch((error: unknown) => asKafkaError(error, about))];
  });
  return new Map(await Promise.all(entries));
}

export interface ReplicaMove extends TopicPartition {
  /** Path of one of the broker's `log.dirs`. */
  readonly logDir: string;
}

/** Moves replicas of one broker to other directories; a replica that is not there yet will be made there (KIP-113). */
export async function alterReplicaLogDirs(
  calls: AdminCalls,
  brokerId: number,
  moves: readonly ReplicaMove[],
): Promise<PartitionResults<undefined>> {
  checkInteger(brokerId, 'brokerId');
  checkPartitions(moves);
  for (const { logDir } of moves) checkName(logDir, 'logDir');
  const about = `move replicas of broker ${brokerId}`;
  const outcomes = await calls.each(about, 'broker', partitionItems(moves), async (open) => {
    const paths = new Map<string, ReplicaMove[]>();
    for (const move of open.values()) paths.set(move.logDir, [...(paths.get(move.logDir) ?? []), move]);
    const answer = await calls.ask(await calls.brokerOf(brokerId), alterReplicaLogDirsApi, {
      dirs: [...paths].map(([path, some]) => ({
        path,
        topics: [...byTopic(some)].map(([name, each]) => ({
          name,
          partitions: each.map(({ partition }) => partition),
        })),
      })),
    });
    const told = new Map<string, Outcome<undefined>>();
    for (const { topicName, partitions } of answer.results) {
      for (const { partitionIndex, errorCode } of partitions) {
        const key = partitionName({ topic: topicName, partition: partitionIndex });
        told.set(key, toldError(`${about}, ${key}`, errorCode));
      }
    }
    return told;
  });
  return partitionResults(moves, outcomes);
}
