import { ZERO_UUID, type Uuid } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { OffsetValue } from './group-records.ts';
import { consumerFetchRefusal } from './consumer-offsets.ts';
import type { GroupState } from './group-state.ts';

/** What is asked of one group; without topics: all that it has. */
export interface GroupOffsetsQuery {
  readonly groupId: string;
  /** Null when nobody says for which member. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly topics: readonly QueriedTopic[] | null;
  readonly requireStable: boolean;
}

/** A topic after its name and id are known; with an error it is answered and not looked up. */
export interface QueriedTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly error: ErrorSpec;
  readonly partitionIndexes: readonly number[];
}

/** One group's part of the answer, in the shape of version 8 and later. */
export interface GroupOffsetsAnswer {
  readonly groupId: string;
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly topicId: Uuid;
    readonly partitions: readonly FetchedOffset[];
  }[];
}

interface FetchedOffset {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

/** The committed offsets of one group. Nothing committed is no error: the offset is -1. */
export function fetchGroupOffsets(
  state: GroupState,
  query: GroupOffsetsQuery,
  topicId: (name: string) => Uuid | undefined,
): GroupOffsetsAnswer {
  const { groupId, memberId, memberEpoch, requireStable } = query;
  const group = state.findConsumerGroup(groupId);
  const refused = group && consumerFetchRefusal(group, memberId, memberEpoch);
  if (refused !== undefined) return groupOffsetsError(groupId, refused);
  const topics: readonly QueriedTopic[] = query.topics ?? allTopics(state, groupId, topicId);
  return {
    groupId,
    errorCode: E.NONE.code,
    topics: topics.map(({ name, topicId: id, error, partitionIndexes }) => ({
      name,
      topicId: id,
      partitions: partitionIndexes.map((partition) => {
        if (error !== E.NONE) return noOffset(partition, error);
        if (requireStable && state.offsets.isPending(groupId, name, partition)) {
          return noOffset(partition, E.UNSTABLE_OFFSET_COMMIT);
        }
        const stored = state.offsets.get(groupId, name, partition);
        if (stored === undefined || (query.topics !== null && isOfAnotherTopic(stored, id)))
          return noOffset(partition, E.NONE);
        return {
          partitionIndex: partition,
          committedOffset: stored.offset,
          committedLeaderEpoch: stored.leaderEpoch,
          metadata: stored.metadata,
          errorCode: E.NONE.code,
        };
      }),
    })),
  };
}

/** Whether an offset was committed for an earlier topic of the same name. Asking for all topics asks for none by id. */
function isOfAnotherTopic({ topicId }: OffsetValue, asked: Uuid): boolean {
  return asked !== ZERO_UUID && topicId !== ZERO_UUID && topicId !== asked;
}

/** The answer for a group as a whole that has no part in it. */
export function groupOffsetsError(groupId: string, error: ErrorSpec): GroupOffsetsAnswer {
  return { groupId, errorCode: error.code, topics: [] };
}

export function noOffset(partitionIndex: number, error: ErrorSpec): FetchedOffset {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: error.code };
}

function allTopics(state: GroupState, groupId: string, topicId: (name: string) => Uuid | undefined): QueriedTopic[] {
  const topics: QueriedTopic[] = [];
  for (const name of state.offsets.topicsOf(groupId)) {
    const id = topicId(name);
    if (id === undefined) continue;
    topics.push({ name, topicId: id, error: E.NONE, partitionIndexes: state.offsets.partitionsOf(groupId, name) });
  }
  return topics;
}
