import type { Reply } from '../pending-reply.ts';
import type { JoinRequest, JoinResponse, MemberProfile } from './classic-member.ts';
import { NO_BYTES } from './member-protocol.ts';
import type { GroupRequestContext } from './request-context.ts';

/** A JoinGroup on its way: the request, where it came from, and ids for its sender if it has none yet. */
export interface JoinCall {
  readonly request: JoinRequest;
  readonly context: GroupRequestContext;
  /** Its id in a classic group. */
  readonly newMemberId: string;
  /** Its id in a consumer group. */
  readonly newConsumerMemberId: string;
  readonly reply: Reply<JoinResponse>;
}

/** From this version on a dynamic member is told its id first and has to come back with it (KIP-394). */
const KNOWN_MEMBER_ID_VERSION = 4;
/** Version 0 has no rebalance timeout: the session's counts. */
const REBALANCE_TIMEOUT_VERSION = 1;

/** Whether the sender has to be told an id before it can join. */
export function needsMemberId({ request, context }: JoinCall): boolean {
  const isUnknown = request.memberId === '' && request.groupInstanceId === null;
  return isUnknown && context.apiVersion >= KNOWN_MEMBER_ID_VERSION;
}

/** What the request says of its sender; the metadata is copied, for the request lies in the connection's buffer. */
export function profileOf({ request, context }: JoinCall): MemberProfile {
  const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
  return {
    instanceId: request.groupInstanceId,
    clientId: context.clientId,
    clientHost: context.clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: context.apiVersion < REBALANCE_TIMEOUT_VERSION ? sessionTimeoutMs : rebalanceTimeoutMs,
    protocols: request.protocols.map(({ name, metadata }) => ({
      name,
      metadata: metadata.length === 0 ? NO_BYTES : Buffer.from(metadata),
    })),
  };
}
