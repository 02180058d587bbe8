import { refKey, type MemberRef } from './member-connections.ts';

/** A member's session; its end removes the member, of whatever kind the group is. */
export function sessionKey(ref: MemberRef): string {
  return `session/${refKey(ref)}`;
}

/** How long a member whose connection closed is waited for. */
export function graceKey(ref: MemberRef): string {
  return `grace/${refKey(ref)}`;
}

/** The join phase of a classic group. */
export function joinKey(groupId: string): string {
  return `join/${groupId}`;
}

/** The sync phase of a classic group. */
export function syncKey(groupId: string): string {
  return `sync/${groupId}`;
}

/** How long a member of a consumer group may take to give partitions back. */
export function revocationKey(ref: MemberRef): string {
  return `revocation/${refKey(ref)}`;
}

/** How long a classic member of a consumer group may take to join again. */
export function memberJoinKey(ref: MemberRef): string {
  return `member-join/${refKey(ref)}`;
}

/** How long a classic member of a consumer group may take to fetch its assignment. */
export function memberSyncKey(ref: MemberRef): string {
  return `member-sync/${refKey(ref)}`;
}

/** The matching of a consumer group's patterns. */
export function patternsKey(groupId: string): string {
  return `patterns/${groupId}`;
}
