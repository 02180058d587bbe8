import { coordinatorPartition } from '../../base/java-hash.ts';
import { ZERO_UUID } from '../../base/uuid.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { deleteGroups } from '../../protocol/messages/042-delete-groups.ts';
import type { describeGroups } from '../../protocol/messages/015-describe-groups.ts';
import type { listGroups } from '../../protocol/messages/016-list-groups.ts';
import type { offsetFetch } from '../../protocol/messages/009-offset-fetch.ts';
import type { Verification } from '../../log/producers/verification.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { Clock, Timers } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { requestErrorOfAppend } from '../append-errors.ts';
import type { CoordinatorLog } from '../coordinator-log.ts';
import type { Reply } from '../pending-reply.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { TransactionEnd, TransactionProducer } from '../transaction-producer.ts';
import type { HeartbeatRequest, HeartbeatResponse } from './classic-heartbeat.ts';
import { leaveError, type LeaveRequest, type LeaveResponse } from './classic-leave.ts';
import type { JoinRequest, JoinResponse, SyncRequest, SyncResponse } from './classic-member.ts';
import { joinError, syncError } from './classic-rebalance.ts';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './classic-requests.ts';
import { dropDisconnected } from './disconnect.ts';
import type { GroupCoordinatorConfig } from './group-config.ts';
import {
  describeConsumerGroup,
  describeError,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
  type DescribedConsumerGroup,
} from './consumer-description.ts';
import { heartbeatConsumerGroup } from './consumer-heartbeat.ts';
import {
  consumerHeartbeatError,
  heartbeatRequestRefusal,
  type ConsumerHeartbeatRequest,
  type ConsumerHeartbeatResponse,
} from './consumer-heartbeat-request.ts';
import { countGroups, type GroupCount } from './group-counts.ts';
import { describeGroup, listShardGroups, type DescribedGroup } from './group-listing.ts';
import { GroupCounters } from './group-counters.ts';
import type { GroupRecord } from './group-records.ts';
import { GroupShard } from './group-shard.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { GroupTopics, TopicChanges } from './group-topics.ts';
import { newConsumerMemberId, newMemberId } from './member-id.ts';
import {
  answersOf,
  commitOffsets,
  commitOffsetsInTransaction,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from './offset-commit.ts';
import {
  deleteGroup,
  deleteOffsets,
  deleteOffsetsOfTopic,
  offsetDeleteError,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
} from './offset-deletion.ts';
import { fetchGroupOffsets, groupOffsetsError, type GroupOffsetsAnswer } from './offset-fetch.ts';
import { commitTopics, namedCommitTopics, queriedTopics, TOPIC_ID_VERSION } from './offset-topics.ts';
import { GROUPS_VERSION, offsetFetchResponse } from './offset-fetch-response.ts';
import type { GroupRequestContext } from './request-context.ts';
import { followTopics } from './topic-changes.ts';

type OffsetFetchRequest = ReadMessage<typeof offsetFetch.request>;
type OffsetFetchResponse = WriteMessage<typeof offsetFetch.response>;
type DescribeGroupsRequest = ReadMessage<typeof describeGroups.request>;
type DescribeGroupsResponse = WriteMessage<typeof describeGroups.response>;
type ListGroupsRequest = ReadMessage<typeof listGroups.request>;
type ListGroupsResponse = WriteMessage<typeof listGroups.response>;
type DeleteGroupsRequest = ReadMessage<typeof deleteGroups.request>;
type DeleteGroupsResponse = WriteMessage<typeof deleteGroups.response>;

export interface GroupCoordinatorSeams {
  readonly log: CoordinatorLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly topics: GroupTopics;
  /** Partitions of `__consumer_offsets`. */
  readonly partitionCount: () => number;
}

/** From this version on a null protocol name can be told; before it an empty one stands for it. */
const NULL_PROTOCOL_NAME_VERSION = 7;

/** The producer's transaction is open in the group's partition, or nobody needs to know. */
const NOT_VERIFIED = { error: E.NONE, verification: undefined };

/** From this version on SyncGroup has to say what protocol it is about (KIP-559). */
const SYNC_PROTOCOL_VERSION = 5;

/**
 * The group coordinator of one broker, as the request handlers see it: each method takes a decoded request and answers
 * with the response of the request's version. Promises never reject. Groups live in the partitions of
 * `__consumer_offsets` that {@link load} was called for; the rest is answered NOT_COORDINATOR.
 */
export class GroupCoordinator {
  readonly #config: GroupCoordinatorConfig;
  readonly #seams: GroupCoordinatorSeams;
  readonly #runtime: CoordinatorRuntime<GroupShard, GroupRecord>;
  readonly counters = new GroupCounters();

  constructor(config: GroupCoordinatorConfig, seams: GroupCoordinatorSeams) {
    this.#config = config;
    this.#seams = seams;
    this.#runtime = new CoordinatorRuntime<GroupShard, GroupRecord>({
      log: seams.log,
      clock: seams.clock,
      timers: seams.timers,
      logger: seams.logger,
      commitTimeoutMs: () => config.offsetsCommitTimeoutMs,
      createMachine: () => new GroupShard({ config, topics: seams.topics, counters: this.counters }),
    });
  }

  /** This broker leads the partition of `__consumer_offsets` from now on. */
  load(partition: number): void {
    this.#runtime.load(partition);
  }

  /** It leads it no longer. */
  unload(partition: number): void {
    this.#runtime.unload(partition);
  }

  close(): void {
    this.#runtime.close();
  }

  /** The partition of `__consumer_offsets` whose leader coordinates the group. */
  partitionFor(groupId: string): number {
    return coordinatorPartition(groupId, this.#seams.partitionCount());
  }

  async joinGroup(request: JoinRequest, context: GroupRequestContext): Promise<JoinResponse> {
    const response = await this.#join(request, context);
    return response.protocolName === null && context.apiVersion < NULL_PROTOCOL_NAME_VERSION
      ? { ...response, protocolName: '' }
      : response;
  }

  async syncGroup(request: SyncRequest, context: GroupRequestContext): Promise<SyncResponse> {
    if (request.groupId === '') return syncError(E.INVALID_GROUP_ID);
    const { protocolType, protocolName } = request;
    if (context.apiVersion >= SYNC_PROTOCOL_VERSION && (protocolType === null || protocolName === null)) {
      return syncError(E.INCONSISTENT_GROUP_PROTOCOL);
    }
    return this.#submit(request.groupId, syncError, (state, effects, reply) =>
      syncGroup(state, effects, { request, context, reply }),
    );
  }

  async heartbeat(request: HeartbeatRequest, context: GroupRequestContext): Promise<HeartbeatResponse> {
    if (request.groupId === '') return { errorCode: E.INVALID_GROUP_ID.code };
    return this.#read(
      request.groupId,
      // A member of a group that is being loaded is not to be alarmed: it is asked again soon enough.
      (error): HeartbeatResponse => ({ errorCode: (error === E.COORDINATOR_LOAD_IN_PROGRESS ? E.NONE : error).code }),
      (state, effects, reply) => heartbeat(state, effects, { request, context, reply }),
    );
  }

  async leaveGroup(request: LeaveRequest, context: GroupRequestContext): Promise<LeaveResponse> {
    if (request.groupId === '') return leaveError(E.INVALID_GROUP_ID);
    return this.#submit(request.groupId, leaveError, (state, effects, reply) =>
      leaveGroup(state, effects, { request, context, reply }),
    );
  }

  async consumerGroupHeartbeat(
    request: ConsumerHeartbeatRequest,
    context: GroupRequestContext,
  ): Promise<ConsumerHeartbeatResponse> {
    const refused = heartbeatRequestRefusal(request, context.apiVersion, [...this.#config.assignors.keys()]);
    if (refused !== undefined) return consumerHeartbeatError(refused);
    const newId = newConsumerMemberId(this.#seams.random);
    return this.#submit(
      request.groupId,
      (error) => consumerHeartbeatError({ error, message: null }),
      (state, effects, reply) =>
        heartbeatConsumerGroup(state, effects, { request, context, newMemberId: newId, reply }),
    );
  }

  async consumerGroupDescribe(request: ConsumerGroupDescribeRequest): Promise<ConsumerGroupDescribeResponse> {
    const groups = request.groupIds.map(async (groupId): Promise<DescribedConsumerGroup> => {
      if (groupId === '') return describeError(groupId, E.INVALID_GROUP_ID);
      return this.#read(
        groupId,
        (error) => describeError(groupId, error),
        (state, effects, reply) => effects.answer(reply, describeConsumerGroup(state, groupId)),
      );
    });
    return { groups: await Promise.all(groups) };
  }

  async offsetCommit(request: OffsetCommitRequest, context: GroupRequestContext): Promise<OffsetCommitResponse> {
    const topics = commitTopics(request, context.apiVersion, this.#seams.topics);
    const failure = (error: ErrorSpec): OffsetCommitResponse => ({ topics: answersOf(topics, () => error) });
    return this.#submit(request.groupId, failure, (state, effects, reply) =>
      commitOffsets(state, effects, { request, context, reply }, topics),
    );
  }

  /** @param verified what the transaction coordinator said of the group's partition. */
  async txnOffsetCommit(
    request: TxnOffsetCommitRequest,
    context: GroupRequestContext,
    verified: { readonly error: ErrorSpec; readonly verification: Verification | undefined } = NOT_VERIFIED,
  ): Promise<TxnOffsetCommitResponse> {
    const topics = namedCommitTopics(request.topics, this.#seams.topics);
    const failure = (error: ErrorSpec): TxnOffsetCommitResponse => ({ topics: answersOf(topics, () => error) });
    if (request.groupId === '') return failure(E.INVALID_GROUP_ID);
    if (verified.error !== E.NONE) return failure(requestErrorOfAppend(verified.error));
    const { producerId: id, producerEpoch: epoch } = request;
    return this.#runtime.submit(this.partitionFor(request.groupId), {
      mayWrite: true,
      transaction: { producer: { id, epoch, verification: verified.verification } },
      failure,
      decide: (shard, effects, reply) =>
        commitOffsetsInTransaction(shard.state, effects, { request, context, reply }, topics),
    });
  }

  async offsetFetch(request: OffsetFetchRequest, context: GroupRequestContext): Promise<OffsetFetchResponse> {
    const { apiVersion } = context;
    const { topics } = this.#seams;
    const groups =
      apiVersion >= GROUPS_VERSION ? request.groups : [{ groupId: request.groupId, topics: request.topics }];
    const topicIdOf = apiVersion >= TOPIC_ID_VERSION ? (name: string) => topics.topicId(name) : () => ZERO_UUID;
    const answers = groups.map((group) => {
      const query = {
        groupId: group.groupId,
        memberId: 'memberId' in group ? group.memberId : null,
        memberEpoch: 'memberEpoch' in group ? group.memberEpoch : -1,
        topics: queriedTopics(group.topics, apiVersion, topics),
        requireStable: request.requireStable,
      };
      return this.#read(
        group.groupId,
        (error): GroupOffsetsAnswer => groupOffsetsError(group.groupId, error),
        (state, effects, reply) => effects.answer(reply, fetchGroupOffsets(state, query, topicIdOf)),
      );
    });
    return offsetFetchResponse(await Promise.all(answers), request, apiVersion);
  }

  async offsetDelete(request: OffsetDeleteRequest, context: GroupRequestContext): Promise<OffsetDeleteResponse> {
    const partitionCount = (topic: string) => this.#seams.topics.partitionCount(topic) ?? 0;
    if (request.groupId === '') return offsetDeleteError(E.INVALID_GROUP_ID);
    return this.#submit(request.groupId, offsetDeleteError, (state, effects, reply) =>
      deleteOffsets(state, effects, { request, context, reply }, partitionCount),
    );
  }

  async deleteGroups(request: DeleteGroupsRequest): Promise<DeleteGroupsResponse> {
    const results = [...new Set(request.groupsNames)].map(async (groupId) => {
      const error = await this.#submit(
        groupId,
        (failed) => failed,
        (state, effects, reply: Reply<ErrorSpec>) => effects.answer(reply, deleteGroup(state, effects, groupId)),
      );
      return { groupId, errorCode: error.code };
    });
    return { results: await Promise.all(results) };
  }

  async describeGroups(request: DescribeGroupsRequest, context: GroupRequestContext): Promise<DescribeGroupsResponse> {
    const groups = request.groups.map((groupId) =>
      this.#read(
        groupId,
        (error): DescribedGroup => ({
          errorCode: error.code,
          groupId,
          groupState: '',
          protocolType: '',
          protocolData: '',
          members: [],
        }),
        (state, effects, reply) => effects.answer(reply, describeGroup(state, groupId, context.apiVersion)),
      ),
    );
    return { groups: await Promise.all(groups) };
  }

  /** The groups of all partitions that are led here; while one is loading there is no whole answer. */
  async listGroups(request: ListGroupsRequest): Promise<ListGroupsResponse> {
    const filter = { states: request.statesFilter, types: request.typesFilter };
    const listing = await this.#runtime.listAll((shard) => listShardGroups(shard.state, filter));
    return Array.isArray(listing)
      ? { errorCode: E.NONE.code, groups: listing }
      : { errorCode: listing.code, groups: [] };
  }

  /** A client's connection closed; see {@link GroupCoordinatorConfig.memberDisconnectGraceMs}. */
  connectionClosed(connectionId: number): void {
    this.#runtime.runAll((shard, effects) => dropDisconnected(shard.state, effects, connectionId));
  }

  /** Topics have changed: groups that read them follow with their next heartbeat; offsets of deleted ones go. */
  topicsChanged(changes: TopicChanges): void {
    this.#runtime.runAll((shard, effects) => {
      followTopics(shard.state, changes);
      for (const topic of changes.deleted) deleteOffsetsOfTopic(shard.state, effects, topic);
    });
  }

  /** How many groups there are, by type and state; for metrics. */
  groupCounts(): GroupCount[] {
    return countGroups(this.#runtime.machines());
  }

  /** Writes a transaction's marker to a partition of `__consumer_offsets`, which decides over the offsets in it. */
  endTransaction(partition: number, producer: TransactionProducer, end: TransactionEnd): Promise<ErrorSpec> {
    return this.#runtime.endTransaction(partition, producer, end);
  }

  async #join(request: JoinRequest, context: GroupRequestContext): Promise<JoinResponse> {
    const { groupId, sessionTimeoutMs, memberId, groupInstanceId } = request;
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.#config;
    if (groupId === '') return joinError(E.INVALID_GROUP_ID, memberId);
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return joinError(E.INVALID_SESSION_TIMEOUT, memberId);
    }
    const { random } = this.#seams;
    const ids = {
      newMemberId: newMemberId(groupInstanceId ?? context.clientId, random),
      newConsumerMemberId: newConsumerMemberId(random),
    };
    return this.#submit(
      groupId,
      (error) => joinError(error, memberId),
      (state, effects, reply) => joinGroup(state, effects, { request, context, ...ids, reply }),
    );
  }

  #submit<T>(
    groupId: string,
    failure: (error: ErrorSpec) => T,
    decide: (state: GroupState, effects: GroupEffects, reply: Reply<T>) => void,
  ): Promise<T> {
    return this.#runtime.submit(this.partitionFor(groupId), {
      mayWrite: true,
      failure,
      decide: (shard, effects, reply) => decide(shard.state, effects, reply),
    });
  }

  /** As {@link #submit}, for what writes nothing. */
  #read<T>(
    groupId: string,
    failure: (error: ErrorSpec) => T,
    decide: (state: GroupState, effects: GroupEffects, reply: Reply<T>) => void,
  ): Promise<T> {
    return this.#runtime.submit(this.partitionFor(groupId), {
      mayWrite: false,
      failure,
      decide: (shard, effects, reply) => decide(shard.state, effects, reply),
    });
  }
}
