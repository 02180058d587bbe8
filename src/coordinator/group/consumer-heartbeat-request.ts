import { E } from '../../protocol/errors.ts';
import type { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts';
import type { GroupCall } from './heard-of.ts';
import { refusal, type Refusal } from './refusal.ts';

export type ConsumerHeartbeatRequest = ReadMessage<typeof consumerGroupHeartbeat.request>;
export type ConsumerHeartbeatResponse = WriteMessage<typeof consumerGroupHeartbeat.response>;

/** A heartbeat on its way, with the id for its sender if it has none yet. */
export interface ConsumerHeartbeatCall extends GroupCall<ConsumerHeartbeatRequest, ConsumerHeartbeatResponse> {
  readonly newMemberId: string;
}

/** From this version on members make their ids themselves (KIP-1082). */
const OWN_MEMBER_ID_VERSION = 1;

/** What is wrong with the request itself, whatever the group; undefined when it can be looked at. */
export function heartbeatRequestRefusal(
  request: ConsumerHeartbeatRequest,
  apiVersion: number,
  assignorNames: readonly string[],
): Refusal | undefined {
  const problem = blank(request, apiVersion) ?? wrongFields(request);
  if (problem !== undefined) return refusal(E.INVALID_REQUEST, problem);
  const { serverAssignor } = request;
  if (serverAssignor === null || assignorNames.includes(serverAssignor)) return undefined;
  const supported = assignorNames.join(', ');
  return refusal(
    E.UNSUPPORTED_ASSIGNOR,
    `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${supported}.`,
  );
}

/** The response of a request that failed. */
export function consumerHeartbeatError({
  error,
  message,
}: {
  readonly error: Refusal['error'];
  readonly message: string | null;
}): ConsumerHeartbeatResponse {
  return { errorCode: error.code, errorMessage: message, memberEpoch: 0, heartbeatIntervalMs: 0 };
}

function blank(request: ConsumerHeartbeatRequest, apiVersion: number): string | undefined {
  const { memberEpoch } = request;
  const needsMemberId = apiVersion >= OWN_MEMBER_ID_VERSION || memberEpoch > 0 || memberEpoch === LEAVE_EPOCH;
  if (needsMemberId && isBlank(request.memberId)) return "MemberId can't be empty.";
  if (isBlank(request.groupId)) return "GroupId can't be empty.";
  if (isBlank(request.instanceId)) return "InstanceId can't be empty.";
  return isBlank(request.rackId) ? "RackId can't be empty." : undefined;
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === '';
}

function wrongFields(request: ConsumerHeartbeatRequest): string | undefined {
  const { memberEpoch, rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request;
  if (memberEpoch === 0) {
    if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.';
    if (topicPartitions === null || topicPartitions.length > 0) {
      return 'TopicPartitions must be empty when (re-)joining.';
    }
    return subscribedTopicNames === null && subscribedTopicRegex === null
      ? 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
      : undefined;
  }
  if (memberEpoch === STATIC_LEAVE_EPOCH) return request.instanceId === null ? "InstanceId can't be null." : undefined;
  return memberEpoch < STATIC_LEAVE_EPOCH ? 'MemberEpoch is invalid.' : undefined;
}
