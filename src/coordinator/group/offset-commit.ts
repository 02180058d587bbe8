import { ZERO_UUID } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { offsetCommit } from '../../protocol/messages/008-offset-commit.ts';
import type { txnOffsetCommit } from '../../protocol/messages/028-txn-offset-commit.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { TransactionProducer } from '../transaction-producer.ts';
import { ClassicState, type ClassicGroup } from './classic-group.ts';
import { memberError } from './classic-join.ts';
import { startSession } from './classic-rebalance.ts';
import type { CommitTopic } from './commit-topic.ts';
import { consumerCommitRefusal, type Committer } from './consumer-offsets.ts';
import type { Group, GroupEffects, GroupState } from './group-state.ts';
import { heardOf, type GroupCall } from './heard-of.ts';

export type OffsetCommitRequest = ReadMessage<typeof offsetCommit.request>;
export type OffsetCommitResponse = WriteMessage<typeof offsetCommit.response>;
export type TxnOffsetCommitRequest = ReadMessage<typeof txnOffsetCommit.request>;
export type TxnOffsetCommitResponse = WriteMessage<typeof txnOffsetCommit.response>;

/** From this version on an unknown group is told from an old generation. */
const GROUP_ID_NOT_FOUND_VERSION = 9;

type CommitPartition = CommitTopic['partitions'][number];

/** OffsetCommit: of a member in its generation, or of anybody while the group has no members. */
export function commitOffsets(
  state: GroupState,
  effects: GroupEffects,
  call: GroupCall<OffsetCommitRequest, OffsetCommitResponse>,
  topics: readonly CommitTopic[],
): void {
  const { request, context, reply } = call;
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request;
  const { apiVersion } = context;
  const group = state.groups.get(groupId);
  const error =
    group === undefined
      ? unknownGroupError(generation, apiVersion)
      : commitRefusal(group, { memberId, groupInstanceId, generation, isTransactional: false, apiVersion }, topics);
  if (error !== undefined) {
    effects.answer(reply, { topics: answersOf(topics, () => error) });
    return;
  }
  if (group?.members.has(memberId)) {
    heardOf(state, effects, group, { memberId, connectionId: context.connectionId });
    if (group.type === 'classic') keepSession(state, effects, group, memberId);
  }
  const expireTimestamp = request.retentionTimeMs === -1 ? -1 : effects.nowMs + request.retentionTimeMs;
  effects.answer(reply, { topics: writeOffsets(state, effects, { groupId, topics, expireTimestamp }) });
}

/** A commit keeps a member of a classic group alive; one of a consumer group has its heartbeats for that. */
function keepSession(state: GroupState, effects: GroupEffects, group: ClassicGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  if (group.state === ClassicState.stable || group.state === ClassicState.preparingRebalance) {
    startSession(state, effects, group, member);
  }
}

/** TxnOffsetCommit: as OffsetCommit, but the offsets count only once the transaction is committed. */
export function commitOffsetsInTransaction(
  state: GroupState,
  effects: GroupEffects,
  call: GroupCall<TxnOffsetCommitRequest, TxnOffsetCommitResponse>,
  topics: readonly CommitTopic[],
): void {
  const { request, reply } = call;
  const { groupId, memberId, groupInstanceId, generationId: generation } = request;
  const group = state.groups.get(groupId);
  let error: ErrorSpec | undefined;
  if (group !== undefined)
    error = commitRefusal(
      group,
      { memberId, groupInstanceId, generation, isTransactional: true, apiVersion: call.context.apiVersion },
      topics,
    );
  else if (generation >= 0) error = E.ILLEGAL_GENERATION;
  const producer = { id: request.producerId, epoch: request.producerEpoch };
  effects.answer(reply, {
    topics:
      error === undefined
        ? writeOffsets(state, effects, { groupId, topics, expireTimestamp: -1, producer })
        : answersOf(topics, () => error),
  });
}

function unknownGroupError(generation: number, apiVersion: number): ErrorSpec | undefined {
  if (generation < 0) return undefined;
  return apiVersion >= GROUP_ID_NOT_FOUND_VERSION ? E.GROUP_ID_NOT_FOUND : E.ILLEGAL_GENERATION;
}

function commitRefusal(group: Group, committer: Committer, topics: readonly CommitTopic[]): ErrorSpec | undefined {
  return group.type === 'consumer'
    ? consumerCommitRefusal(group, committer, topics)
    : classicCommitRefusal(group, committer);
}

function classicCommitRefusal(group: ClassicGroup, committer: Committer): ErrorSpec | undefined {
  const { memberId, groupInstanceId, generation, isTransactional } = committer;
  const isEmpty = group.state === ClassicState.empty;
  if (generation < 0 && isEmpty) return undefined;
  if (generation >= 0 || memberId !== '' || groupInstanceId !== null) {
    const error = memberError(group, memberId, groupInstanceId);
    if (error !== undefined) return error;
    if (generation !== group.generation) return E.ILLEGAL_GENERATION;
  } else if (!isTransactional && !isEmpty) {
    return E.UNKNOWN_MEMBER_ID;
  }
  // It knows of the new generation but not yet of its share in it.
  if (!isTransactional && group.state === ClassicState.completingRebalance) return E.REBALANCE_IN_PROGRESS;
  return undefined;
}

interface OffsetWrite {
  readonly groupId: string;
  readonly topics: readonly CommitTopic[];
  readonly expireTimestamp: number;
  readonly producer?: TransactionProducer;
}

function writeOffsets(state: GroupState, effects: GroupEffects, write: OffsetWrite) {
  const { offsetMetadataMaxBytes } = state.config;
  return answersOf(write.topics, ({ name, topicId }, partition) => {
    const metadata = partition.committedMetadata ?? '';
    if (metadata.length > offsetMetadataMaxBytes) return E.OFFSET_METADATA_TOO_LARGE;
    effects.write(
      {
        type: 'offset',
        group: write.groupId,
        topic: name,
        partition: partition.partitionIndex,
        value: {
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata,
          commitTimestamp: effects.nowMs,
          expireTimestamp: write.expireTimestamp,
          // Offsets of transactions are kept by name alone, as Kafka does it.
          topicId: write.producer === undefined ? topicId : ZERO_UUID,
        },
      },
      write.producer,
    );
    return E.NONE;
  });
}

/** The response's topics: with the error that a topic or partition has in itself, or the one that `errorFor` tells. */
export function answersOf(
  topics: readonly CommitTopic[],
  errorFor: (topic: CommitTopic, partition: CommitPartition) => ErrorSpec,
) {
  const answers = topics.map((topic) => {
    const refused: PartitionAnswer[] = [];
    const decided: PartitionAnswer[] = [];
    for (const partition of topic.partitions) {
      const { partitionIndex } = partition;
      const own = ownError(topic, partition);
      if (own === undefined) decided.push({ partitionIndex, errorCode: errorFor(topic, partition).code });
      else refused.push({ partitionIndex, errorCode: own.code });
    }
    const { name, topicId } = topic;
    return { isRefused: refused.length > 0, answer: { name, topicId, partitions: [...refused, ...decided] } };
  });
  // Kafka's order: what the broker itself refuses comes before what the coordinator says.
  const inOrder = [...answers.filter(({ isRefused }) => isRefused), ...answers.filter(({ isRefused }) => !isRefused)];
  return inOrder.map(({ answer }) => answer);
}

interface PartitionAnswer {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function ownError(topic: CommitTopic, { partitionIndex }: CommitPartition): ErrorSpec | undefined {
  if (topic.error !== E.NONE) return topic.error;
  return partitionIndex >= 0 && partitionIndex < topic.partitionCount ? undefined : E.UNKNOWN_TOPIC_OR_PARTITION;
}
