import { E, type ErrorSpec } from '../../protocol/errors.ts';
import type { leaveGroup } from '../../protocol/messages/013-leave-group.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import type { ClassicGroup } from './classic-group.ts';
import { memberError } from './classic-join.ts';
import { dropMember, goOnWithout } from './classic-rebalance.ts';
import type { GroupEffects, GroupState } from './group-state.ts';
import type { GroupCall } from './heard-of.ts';

export type LeaveRequest = ReadMessage<typeof leaveGroup.request>;
export type LeaveResponse = WriteMessage<typeof leaveGroup.response>;
type Identity = { readonly memberId: string; readonly groupInstanceId: string | null };

/** From this version on one request names several members, and each has its own error in the answer (KIP-345). */
const BATCH_VERSION = 3;

/** LeaveGroup: members go of their own accord, or are removed by an administrator who knows their instance ids. */
export function leaveClassicGroup(
  state: GroupState,
  effects: GroupEffects,
  group: ClassicGroup | undefined,
  { request, context, reply }: GroupCall<LeaveRequest, LeaveResponse>,
): void {
  const identities: readonly Identity[] =
    context.apiVersion >= BATCH_VERSION ? request.members : [{ memberId: request.memberId, groupInstanceId: null }];
  let wereMembers = false;
  const drop = (identity: Identity): ErrorSpec => {
    if (group === undefined) return E.UNKNOWN_MEMBER_ID;
    const leavingId = memberToDrop(group, identity);
    if (typeof leavingId !== 'string') return leavingId;
    wereMembers ||= group.members.has(leavingId);
    dropMember(state, effects, group, leavingId);
    return E.NONE;
  };
  const members = identities.map((identity) => ({
    memberId: identity.memberId,
    groupInstanceId: identity.groupInstanceId,
    errorCode: drop(identity).code,
  }));
  if (group !== undefined && members.some(({ errorCode }) => errorCode === E.NONE.code)) {
    goOnWithout(state, effects, group, wereMembers);
  }
  effects.answer(
    reply,
    context.apiVersion >= BATCH_VERSION
      ? { errorCode: E.NONE.code, members }
      : { errorCode: members[0]!.errorCode, members: [] },
  );
}

/** The LeaveGroup response of a request that failed as a whole. */
export function leaveError(error: ErrorSpec): LeaveResponse {
  return { errorCode: error.code, members: [] };
}

/** The id of the member that an identity means, or why it means none. */
function memberToDrop(group: ClassicGroup, { memberId, groupInstanceId }: Identity): string | ErrorSpec {
  if (memberId === '') {
    const holder = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
    return holder ?? E.UNKNOWN_MEMBER_ID;
  }
  if (group.pendingMembers.has(memberId)) return memberId;
  return memberError(group, memberId, groupInstanceId) ?? memberId;
}
