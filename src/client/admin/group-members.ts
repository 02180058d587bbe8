import { leaveGroup } from '../../protocol/messages/013-leave-group.ts';
import { deleteGroups as deleteGroupsApi } from '../../protocol/messages/042-delete-groups.ts';
import { KafkaError } from '../client-error.ts';
import type { AdminCalls } from './admin-calls.ts';
import { checkName, checkNames, invalid } from './arguments.ts';
import { describeGroups } from './describe-groups.ts';
import { atCoordinators } from './placed.ts';
import { throwTold, toldError, type Outcome, type Results } from './results.ts';

const MANY_MEMBERS_VERSION = 3;
/** What Kafka's AdminClient says when the caller says nothing (KIP-800). */
const REASON = 'member was removed by an admin';

/** A member by one of its names; only static members have an instance id. */
export type MemberToRemove = { readonly memberId: string } | { readonly groupInstanceId: string };

export interface RemoveMembersOptions {
  /** Written to the broker's log (KIP-800). */
  readonly reason?: string;
}

export async function deleteGroups(calls: AdminCalls, groupIds: readonly string[]): Promise<Results<undefined>> {
  checkNames(groupIds, 'group');
  return atCoordinators(calls, { kind: 'group', about: 'delete group' }, groupIds, async (connection, groupsNames) => {
    const answer = await calls.ask(connection, deleteGroupsApi, { groupsNames });
    return new Map(
      answer.results.map(({ groupId, errorCode }) => [groupId, toldError(`delete group ${groupId}`, errorCode)]),
    );
  });
}

/** Outcomes by the name that was given: member id or instance id. */
export async function removeMembers(
  calls: AdminCalls,
  groupId: string,
  members: readonly MemberToRemove[] | 'all',
  { reason = REASON }: RemoveMembersOptions,
): Promise<Results<undefined>> {
  checkName(groupId, 'group');
  const identities = (members === 'all' ? await allMembers(calls, groupId) : members).map(identityOf);
  if (identities.length === 0) return new Map();
  const about = `remove members of group ${groupId}`;
  return calls.atCoordinator('group', groupId, about, async (connection) => {
    const answer = await calls.ask(connection, leaveGroup, (version) => {
      if (version < MANY_MEMBERS_VERSION) throw new KafkaError('UNSUPPORTED', 'the broker does not remove members');
      return { groupId, memberId: '', members: identities.map((identity) => ({ ...identity, reason })) };
    });
    throwTold(about, answer.errorCode);
    return new Map(
      answer.members.map((told): [string, Outcome<undefined>] => {
        const asked = identities.find(
          ({ memberId, groupInstanceId }) =>
            groupInstanceId === told.groupInstanceId && (memberId === '' || memberId === told.memberId),
        );
        const key = (asked?.memberId === '' ? told.groupInstanceId : null) ?? told.memberId;
        return [key, toldError(`${about}, ${key}`, told.errorCode)];
      }),
    );
  });
}

interface Identity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

function identityOf(member: MemberToRemove | Identity): Identity {
  const memberId = 'memberId' in member ? member.memberId : '';
  const groupInstanceId = 'groupInstanceId' in member ? member.groupInstanceId : null;
  if (memberId === '' && (groupInstanceId ?? '') === '') throw invalid('a member without memberId or groupInstanceId');
  return { memberId, groupInstanceId };
}

async function allMembers(calls: AdminCalls, groupId: string): Promise<readonly MemberToRemove[]> {
  const group = (await describeGroups(calls, [groupId], {})).get(groupId);
  if (group === undefined || group instanceof KafkaError) {
    throw group ?? new KafkaError('MALFORMED', `describe group ${groupId}: no answer`);
  }
  return group.members.map(({ memberId, groupInstanceId }) =>
    groupInstanceId === null ? { memberId } : { groupInstanceId },
  );
}
