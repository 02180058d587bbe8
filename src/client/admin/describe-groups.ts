import { ByteReader } from '../../base/byte-reader.ts';
import { Malformed } from '../../base/malformed.ts';
import { decode } from '../../protocol/codec.ts';
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../protocol/consumer-protocol.ts';
import { E } from '../../protocol/errors.ts';
import { describeGroups as describeGroupsApi } from '../../protocol/messages/015-describe-groups.ts';
import { consumerGroupDescribe } from '../../protocol/messages/069-consumer-group-describe.ts';
import type { Fields, Message, Read, ReadMessage } from '../../protocol/schema.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { BrokerError, brokerError } from '../client-error.ts';
import { operationsOf, type AclOperation } from './acl-codes.ts';
import type { AdminCalls, BrokerNode } from './admin-calls.ts';
import { checkNames } from './arguments.ts';
import { atCoordinators } from './placed.ts';
import { toldError, type Outcome, type Results } from './results.ts';

const OPERATIONS_VERSION = 3;
const PROTOCOL_VERSION_MAX = 3;
const DEAD = 'Dead';

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface MemberDescription {
  readonly memberId: string;
  /** Null for dynamic members. */
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly subscribedTopics: readonly string[];
  readonly subscribedPattern: string | null;
  readonly assignment: readonly TopicPartitions[];
  /** What the group wants it to have; null in classic groups. */
  readonly targetAssignment: readonly TopicPartitions[] | null;
  /** Null in classic groups. */
  readonly memberEpoch: number | null;
  /** Whether it speaks the classic protocol. */
  readonly isClassic: boolean;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly type: 'classic' | 'consumer';
  /** Kafka's name for it, like `Stable`, `Empty` or `Assigning`. */
  readonly state: string;
  /** `consumer` for consumers; other words for other classic groups, whose assignments are not read. */
  readonly protocolType: string;
  /** Name of the assignor; empty while there is none. */
  readonly assignor: string;
  /** Null in classic groups. */
  readonly groupEpoch: number | null;
  readonly targetAssignmentEpoch: number | null;
  readonly members: readonly MemberDescription[];
  readonly coordinator: BrokerNode;
  /** What the caller may do with it; null when not told. */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface DescribeGroupsOptions {
  readonly includeAuthorizedOperations?: boolean;
}

/** First asked as KIP-848 groups; what the coordinator does not know as such is asked as classic (Kafka's DescribeConsumerGroupsHandler). */
export async function describeGroups(
  calls: AdminCalls,
  groupIds: readonly string[],
  { includeAuthorizedOperations = false }: DescribeGroupsOptions,
): Promise<Results<GroupDescription>> {
  checkNames(groupIds, 'group');
  return atCoordinators(calls, { kind: 'group', about: 'describe group' }, groupIds, async (connection, ids) => {
    const described =
      connection.versionOf(consumerGroupDescribe) === undefined
        ? new Map<string, Outcome<GroupDescription>>()
        : await asConsumerGroups(calls, connection, ids, includeAuthorizedOperations);
    const rest = ids.filter((id) => isOther(described.get(id)));
    if (rest.length === 0) return described;
    const classic = await asClassicGroups(calls, connection, rest, includeAuthorizedOperations);
    return new Map([...described, ...classic]);
  });
}

function isOther(outcome: Outcome<GroupDescription> | undefined): boolean {
  if (outcome === undefined) return true;
  return (
    outcome instanceof BrokerError && (outcome.spec === E.GROUP_ID_NOT_FOUND || outcome.spec === E.UNSUPPORTED_VERSION)
  );
}

async function asConsumerGroups(
  calls: AdminCalls,
  connection: BrokerConnection,
  groupIds: readonly string[],
  includeAuthorizedOperations: boolean,
): Promise<Map<string, Outcome<GroupDescription>>> {
  const answer = await calls.ask(connection, consumerGroupDescribe, { groupIds, includeAuthorizedOperations });
  return new Map(
    answer.groups.map((told): [string, Outcome<GroupDescription>] => [
      told.groupId,
      toldError(`describe group ${told.groupId}`, told.errorCode, told.errorMessage) ?? {
        groupId: told.groupId,
        type: 'consumer',
        state: told.groupState,
        protocolType: 'consumer',
        assignor: told.assignorName,
        groupEpoch: told.groupEpoch,
        targetAssignmentEpoch: told.assignmentEpoch,
        members: told.members.map(consumerMember),
        coordinator: calls.nodeOf(connection),
        authorizedOperations: operationsOf(told.authorizedOperations),
      },
    ]),
  );
}

type ConsumerMember = ReadMessage<typeof consumerGroupDescribe.response>['groups'][number]['members'][number];

function consumerMember(told: ConsumerMember): MemberDescription {
  return {
    memberId: told.memberId,
    groupInstanceId: told.instanceId,
    rackId: told.rackId,
    clientId: told.clientId,
    host: told.clientHost,
    subscribedTopics: told.subscribedTopicNames,
    subscribedPattern: told.subscribedTopicRegex === '' ? null : told.subscribedTopicRegex,
    assignment: namedTopics(told.assignment),
    targetAssignment: namedTopics(told.targetAssignment),
    memberEpoch: told.memberEpoch,
    isClassic: told.memberType === 0,
  };
}

function namedTopics({ topicPartitions }: ConsumerMember['assignment']): TopicPartitions[] {
  return topicPartitions.map(({ topicName, partitions }) => ({ topic: topicName, partitions }));
}

async function asClassicGroups(
  calls: AdminCalls,
  connection: BrokerConnection,
  groups: readonly string[],
  includeAuthorizedOperations: boolean,
): Promise<Map<string, Outcome<GroupDescription>>> {
  const answer = await calls.ask(connection, describeGroupsApi, (version) => ({
    groups,
    includeAuthorizedOperations: includeAuthorizedOperations && version >= OPERATIONS_VERSION,
  }));
  return new Map(
    answer.groups.map((told): [string, Outcome<GroupDescription>] => {
      const about = `describe group ${told.groupId}`;
      const error = toldError(about, told.errorCode, told.errorMessage);
      if (error !== undefined) return [told.groupId, error];
      // Before version 6 a group that is not there is one that is dead (KIP-1043).
      if (told.groupState === DEAD) return [told.groupId, brokerError(E.GROUP_ID_NOT_FOUND, about)];
      return [told.groupId, classicGroup(told, calls.nodeOf(connection))];
    }),
  );
}

type ClassicGroup = ReadMessage<typeof describeGroupsApi.response>['groups'][number];

function classicGroup(told: ClassicGroup, coordinator: BrokerNode): GroupDescription {
  const isConsumers = told.protocolType === 'consumer';
  return {
    groupId: told.groupId,
    type: 'classic',
    state: told.groupState,
    protocolType: told.protocolType,
    assignor: told.protocolData,
    groupEpoch: null,
    targetAssignmentEpoch: null,
    members: told.members.map((member) => {
      const subscription = isConsumers ? embedded(consumerProtocolSubscription, member.memberMetadata) : undefined;
      const assignment = isConsumers ? embedded(consumerProtocolAssignment, member.memberAssignment) : undefined;
      return {
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        rackId: subscription?.rackId ?? null,
        clientId: member.clientId,
        host: member.clientHost,
        subscribedTopics: subscription?.topics ?? [],
        subscribedPattern: null,
        assignment: assignment?.assignedPartitions ?? [],
        targetAssignment: null,
        memberEpoch: null,
        isClassic: true,
      };
    }),
    coordinator,
    authorizedOperations: operationsOf(told.authorizedOperations),
  };
}

/** Bytes of a client; undefined when there are none, as while the group rebalances, or they are no such message. */
function embedded<F extends Fields>(message: Message<F>, bytes: Uint8Array): Read<F> | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const reader = new ByteReader(bytes);
    return decode(message, Math.min(reader.int16(), PROTOCOL_VERSION_MAX), reader);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
