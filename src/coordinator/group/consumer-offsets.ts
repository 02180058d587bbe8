import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { CommitTopic } from './commit-topic.ts';

/** From this version on OffsetCommit carries a member's epoch. */
const MEMBER_EPOCH_VERSION = 9;

/** Who commits, as the request says. */
export interface Committer {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Of a classic group; in a consumer group the member's epoch. */
  readonly generation: number;
  readonly isTransactional: boolean;
  readonly apiVersion: number;
}

/**
 * Why a commit to a consumer group is refused as a whole; undefined when it is not. An epoch that is behind the member's is
 * good for partitions that the member had in it already and has still (KIP-1251).
 */
export function consumerCommitRefusal(
  group: ConsumerGroup,
  committer: Committer,
  topics: readonly CommitTopic[],
): ErrorSpec | undefined {
  const { memberId, groupInstanceId, generation: epoch, isTransactional, apiVersion } = committer;
  if (epoch < 0 && group.isEmpty) return undefined;
  if (isTransactional && epoch === -1 && memberId === '' && groupInstanceId === null) return undefined;
  const member = group.members.get(memberId);
  if (member === undefined) return E.UNKNOWN_MEMBER_ID;
  if (!isTransactional && member.classic === null && apiVersion < MEMBER_EPOCH_VERSION) return E.UNSUPPORTED_VERSION;
  if (epoch === member.epoch) return undefined;
  const stale = isTransactional ? E.ILLEGAL_GENERATION : staleError(member);
  if (epoch > member.epoch) return stale;
  const isHeld = topics.every(({ topicId, error, partitionCount, partitions }) =>
    partitions.every(({ partitionIndex }) => {
      // What does not exist is answered by itself.
      if (error !== E.NONE || partitionIndex < 0 || partitionIndex >= partitionCount) return true;
      const since =
        member.assigned.get(topicId)?.get(partitionIndex) ?? member.pendingRevocation.get(topicId)?.get(partitionIndex);
      return since !== undefined && epoch >= since;
    }),
  );
  return isHeld ? undefined : stale;
}

/** Why a member is not told the offsets of its group; undefined when it is, as is everybody who does not say who it is. */
export function consumerFetchRefusal(
  group: ConsumerGroup,
  memberId: string | null,
  memberEpoch: number,
): ErrorSpec | undefined {
  if (memberId === null && memberEpoch < 0) return undefined;
  const member = memberId === null ? undefined : group.members.get(memberId);
  if (member === undefined) return E.UNKNOWN_MEMBER_ID;
  return memberEpoch === member.epoch ? undefined : staleError(member);
}

function staleError(member: ConsumerMember): ErrorSpec {
  return member.classic === null ? E.STALE_MEMBER_EPOCH : E.ILLEGAL_GENERATION;
}
