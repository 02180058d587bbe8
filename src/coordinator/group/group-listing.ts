import { E } from '../../protocol/errors.ts';
import type { describeGroups } from '../../protocol/messages/015-describe-groups.ts';
import type { listGroups } from '../../protocol/messages/016-list-groups.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import { ClassicState } from './classic-group.ts';
import type { Group, GroupState } from './group-state.ts';
import { NO_BYTES } from './member-protocol.ts';

export type DescribedGroup = WriteMessage<typeof describeGroups.response>['groups'][number];
export type ListedGroup = WriteMessage<typeof listGroups.response>['groups'][number];

/** From this version on an unknown group is an error (KIP-1043). */
const UNKNOWN_GROUP_ERROR_VERSION = 6;

/** A group with its members; what they told each other only while it is Stable, the assignment while it holds. */
export function describeGroup(state: GroupState, groupId: string, apiVersion: number): DescribedGroup {
  const group = state.groups.get(groupId);
  if (group?.type !== 'classic') {
    const isError = apiVersion >= UNKNOWN_GROUP_ERROR_VERSION;
    return {
      errorCode: (isError ? E.GROUP_ID_NOT_FOUND : E.NONE).code,
      errorMessage: isError ? notClassicMessage(groupId, group) : null,
      groupId,
      groupState: ClassicState.dead,
      protocolType: '',
      protocolData: '',
      members: [],
    };
  }
  const isStable = group.state === ClassicState.stable;
  return {
    errorCode: E.NONE.code,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadataFor(group.protocolName) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  };
}

function notClassicMessage(groupId: string, group: Group | undefined): string {
  return group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`;
}

/** Which groups a listing is to show; without entries a filter lets everything through. Letter case does not matter. */
export interface ListFilter {
  readonly states: readonly string[];
  readonly types: readonly string[];
}

export function listShardGroups(state: GroupState, filter: ListFilter): ListedGroup[] {
  const states = lowerCase(filter.states);
  const types = lowerCase(filter.types);
  const listed: ListedGroup[] = [];
  for (const group of state.groups.values()) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue;
    if (types.size > 0 && !types.has(group.type)) continue;
    listed.push({
      groupId: group.id,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: group.type,
    });
  }
  return listed;
}

function lowerCase(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
