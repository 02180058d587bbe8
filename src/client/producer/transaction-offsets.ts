import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import type { addOffsetsToTxn } from '../../protocol/messages/025-add-offsets-to-txn.ts';
import { txnOffsetCommit } from '../../protocol/messages/028-txn-offset-commit.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';

/** The next record that a group is to read of a partition. */
export interface TransactionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the last record read, for truncation detection; -1 or left out: not known. */
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** Who read the records; with all fields a member that is no longer in the group is fenced (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string;
  readonly generationId?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
}

/** Whose transaction it is. */
export interface TransactionIdentity {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export function addOffsetsRequest(
  identity: TransactionIdentity,
  { groupId }: GroupMetadata,
): WriteMessage<typeof addOffsetsToTxn.request> {
  return { ...identity, groupId };
}

export function offsetsRequest(
  identity: TransactionIdentity,
  group: GroupMetadata,
  offsets: readonly TransactionOffset[],
): WriteMessage<typeof txnOffsetCommit.request> {
  const byTopic = new Map<string, TransactionOffset[]>();
  for (const offset of offsets) {
    const of = byTopic.get(offset.topic);
    if (of === undefined) byTopic.set(offset.topic, [offset]);
    else of.push(offset);
  }
  const topics = Array.from(byTopic, ([name, of]) => {
    const partitions = of.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata,
    }));
    return { name, partitions };
  });
  const { groupId, generationId = -1, memberId = '', groupInstanceId = null } = group;
  return { ...identity, groupId, generationId, memberId, groupInstanceId, topics };
}

/** The first error of an answer; NONE when there is none. */
export function offsetsError(answer: ReadMessage<typeof txnOffsetCommit.response>): ErrorSpec {
  for (const { partitions } of answer.topics) {
    for (const { errorCode } of partitions) if (errorCode !== 0) return errorOf(errorCode);
  }
  return E.NONE;
}
