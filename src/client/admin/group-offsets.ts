import { ZERO_UUID } from '../../base/uuid.ts';
import { E } from '../../protocol/errors.ts';
import { offsetCommit } from '../../protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../protocol/messages/009-offset-fetch.ts';
import { offsetDelete } from '../../protocol/messages/047-offset-delete.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { BrokerError, KafkaError } from '../client-error.ts';
import { byTopic, partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls, Items } from './admin-calls.ts';
import { checkInteger, checkName, checkNames, checkPartitions } from './arguments.ts';
import { atCoordinators, partitionItems } from './placed.ts';
import {
  partitionResults,
  throwTold,
  toldError,
  type Outcome,
  type PartitionResults,
  type Results,
} from './results.ts';

const MANY_GROUPS_VERSION = 8;
const STABLE_VERSION = 7;
/** From version 10 on topics have ids in place of names. */
const NAMES_VERSION_MAX = 9;
const NO_OFFSET = -1;

export interface CommittedOffset {
  readonly offset: number;
  /** -1 when none was committed with it. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface ListGroupOffsetsOptions {
  /** Only these partitions; all that have an offset when left out. */
  readonly partitions?: readonly TopicPartition[];
  /** Waits for offsets that open transactions are about to commit (KIP-447). */
  readonly requireStable?: boolean;
}

/** Partitions without a committed offset are left out. */
export async function listGroupOffsets(
  calls: AdminCalls,
  groupIds: readonly string[],
  { partitions, requireStable = false }: ListGroupOffsetsOptions,
): Promise<Results<PartitionResults<CommittedOffset>>> {
  checkNames(groupIds, 'group');
  checkPartitions(partitions ?? []);
  const topics =
    partitions === undefined
      ? null
      : [...byTopic(partitions)].map(([name, some]) => ({
          name,
          topicId: ZERO_UUID,
          partitionIndexes: some.map(indexOf),
        }));
  return atCoordinators(
    calls,
    { kind: 'group', about: 'list the offsets of group' },
    groupIds,
    async (connection, ids) => {
      const version = connection.versionFor(offsetFetch, NAMES_VERSION_MAX);
      if (requireStable && version < STABLE_VERSION) {
        throw new KafkaError('UNSUPPORTED', 'the broker does not know of stable offsets');
      }
      if (version >= MANY_GROUPS_VERSION) return fetchTogether(connection, version, ids, { topics, requireStable });
      const single = ids.map((id) => fetchOne(connection, version, id, { topics, requireStable }));
      return new Map(await Promise.all(single));
    },
  );
}

interface Wish {
  readonly topics:
    | readonly { readonly name: string; readonly topicId: string; readonly partitionIndexes: number[] }[]
    | null;
  readonly requireStable: boolean;
}

type GroupOffsets = Outcome<PartitionResults<CommittedOffset>>;

async function fetchTogether(
  connection: BrokerConnection,
  version: number,
  ids: readonly string[],
  { topics, requireStable }: Wish,
): Promise<Map<string, GroupOffsets>> {
  const groups = ids.map((groupId) => ({ groupId, topics }));
  const answer = await connection.request(offsetFetch, version, { groupId: '', topics: [], groups, requireStable });
  return new Map(answer.groups.map((told) => [told.groupId, groupOffsets(told.groupId, told)]));
}

async function fetchOne(
  connection: BrokerConnection,
  version: number,
  groupId: string,
  { topics, requireStable }: Wish,
): Promise<[string, GroupOffsets]> {
  const answer = await connection.request(offsetFetch, version, { groupId, topics, groups: [], requireStable });
  return [groupId, groupOffsets(groupId, answer)];
}

interface ToldOffsets {
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly committedOffset: number;
      readonly committedLeaderEpoch: number;
      readonly metadata: string | null;
      readonly errorCode: number;
    }[];
  }[];
}

function groupOffsets(groupId: string, told: ToldOffsets): GroupOffsets {
  const about = `list the offsets of group ${groupId}`;
  const refused = toldError(about, told.errorCode);
  if (refused !== undefined) return refused;
  const results = new Map<string, Map<number, Outcome<CommittedOffset>>>();
  for (const { name, partitions } of told.topics) {
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode } of partitions) {
      const error = toldError(`${about}, ${partitionName({ topic: name, partition: partitionIndex })}`, errorCode);
      // An offset that a transaction is about to commit holds up the whole group, so that it is asked again.
      if (error instanceof BrokerError && error.spec === E.UNSTABLE_OFFSET_COMMIT) return error;
      if (error === undefined && committedOffset === NO_OFFSET) continue;
      const topic = results.get(name) ?? new Map<number, Outcome<CommittedOffset>>();
      const committed = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' };
      results.set(name, topic.set(partitionIndex, error ?? committed));
    }
  }
  return results;
}

export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** The group must have no members, or must not be subscribed (KIP-396). */
export async function alterGroupOffsets(
  calls: AdminCalls,
  groupId: string,
  offsets: readonly OffsetToCommit[],
): Promise<PartitionResults<undefined>> {
  checkName(groupId, 'group');
  checkPartitions(offsets);
  for (const { topic, partition, offset } of offsets) {
    checkInteger(offset, `offset of ${partitionName({ topic, partition })}`, 0, Number.MAX_SAFE_INTEGER);
  }
  const about = `alter the offsets of group ${groupId}`;
  return atGroup(calls, { groupId, about }, partitionItems(offsets), async (connection, open) => {
    const version = connection.versionFor(offsetCommit, NAMES_VERSION_MAX);
    const answer = await connection.request(offsetCommit, version, {
      groupId,
      memberId: '',
      topics: [...byTopic(open.values())].map(([name, partitions]) => ({
        name,
        topicId: ZERO_UUID,
        partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch ?? -1,
          committedMetadata: metadata ?? '',
        })),
      })),
    });
    return partitionErrors(about, answer.topics);
  });
}

/** Topics to which the group is subscribed are refused (KIP-496). */
export async function deleteGroupOffsets(
  calls: AdminCalls,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<PartitionResults<undefined>> {
  checkName(groupId, 'group');
  checkPartitions(partitions);
  const about = `delete offsets of group ${groupId}`;
  return atGroup(calls, { groupId, about }, partitionItems(partitions), async (connection, open) => {
    const answer = await calls.ask(connection, offsetDelete, {
      groupId,
      topics: [...byTopic(open.values())].map(([name, some]) => ({
        name,
        partitions: some.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    });
    throwTold(about, answer.errorCode);
    return partitionErrors(about, answer.topics);
  });
}

async function atGroup<T extends TopicPartition>(
  calls: AdminCalls,
  { groupId, about }: { readonly groupId: string; readonly about: string },
  items: Items<T>,
  attempt: (connection: BrokerConnection, open: Items<T>) => Promise<Map<string, Outcome<undefined>>>,
): Promise<PartitionResults<undefined>> {
  let isRetry = false;
  const outcomes = await calls.each(about, 'coordinator', items, async (open) => {
    if (isRetry) calls.cluster.forgetCoordinator('group', groupId);
    isRetry = true;
    return attempt(await calls.cluster.coordinator('group', groupId, 'requests'), open);
  });
  return partitionResults(items.values(), outcomes);
}

function partitionErrors(
  about: string,
  topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
  }[],
): Map<string, Outcome<undefined>> {
  const outcomes = new Map<string, Outcome<undefined>>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      const key = partitionName({ topic: name, partition: partitionIndex });
      outcomes.set(key, toldError(`${about}, ${key}`, errorCode));
    }
  }
  return outcomes;
}

function indexOf({ partition }: TopicPartition): number {
  return partition;
}
