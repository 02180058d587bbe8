import { setTimeout as pause } from 'node:timers/promises';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { findCoordinator } from '../../src/protocol/messages/010-find-coordinator.ts';
import { joinGroup } from '../../src/protocol/messages/011-join-group.ts';
import { heartbeat } from '../../src/protocol/messages/012-heartbeat.ts';
import { leaveGroup } from '../../src/protocol/messages/013-leave-group.ts';
import { syncGroup } from '../../src/protocol/messages/014-sync-group.ts';
import { describeGroups } from '../../src/protocol/messages/015-describe-groups.ts';
import type { Read, Write } from '../../src/protocol/schema.ts';
import type { Peer, Side } from './scenario.ts';

export type JoinRequest = Write<typeof joinGroup.request.fields>;
export type JoinAnswer = Read<typeof joinGroup.response.fields>;

const SESSION_MS = 30_000;
const REBALANCE_MS = 5000;

/**
 * A consumer's subscription (version 0: topics, no user data), which the coordinator reads too: Kafka answers with an
 * unknown server error, or not at all, when a member of type consumer sends something else.
 */
export function subscriptionTo(...topics: string[]): Buffer {
  const writer = new ByteWriter();
  writer.int16(0);
  writer.int32(topics.length);
  for (const topic of topics) {
    writer.int16(Buffer.byteLength(topic));
    writer.utf8(topic);
  }
  writer.int32(-1);
  return writer.finish();
}

/** One member's metadata for each protocol it offers. */
export function protocols(...names: string[]): { name: string; metadata: Uint8Array }[] {
  return names.map((name) => ({ name, metadata: subscriptionTo(`for-${name}`) }));
}

/** A join as any client sends it; the members' order in the answer is Kafka's hash order. */
export function toJoin(groupId: string, options: Partial<JoinRequest> = {}): JoinRequest {
  return {
    groupId,
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    memberId: '',
    protocolType: 'consumer',
    protocols: protocols('range'),
    ...options,
  };
}

export const sortMembers = (answer: JoinAnswer): unknown => ({
  ...answer,
  members: answer.members.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)),
});

function text(member: JoinAnswer['members'][number]): string {
  return `${member.groupInstanceId} ${Buffer.from(member.metadata).toString()} ${member.memberId}`;
}

export interface MemberOptions {
  readonly instanceId?: string;
  readonly protocolType?: string;
  readonly protocolName?: string;
}

/** A group member that speaks the highest versions unless told otherwise; each of its requests is a step. */
export class Member {
  readonly groupId: string;
  readonly label: string;
  readonly peer: Peer;
  readonly instanceId: string | null;
  readonly #protocolType: string;
  readonly #protocolName: string;
  memberId = '';
  generationId = -1;

  constructor(side: Side, groupId: string, label: string, options: MemberOptions = {}) {
    this.groupId = groupId;
    this.label = label;
    this.instanceId = options.instanceId ?? null;
    this.#protocolType = options.protocolType ?? 'consumer';
    this.#protocolName = options.protocolName ?? 'range';
    this.peer = side.peer(label);
  }

  /** Joins; a dynamic member's first call only gets its id, and a second one follows. */
  async join(options: Partial<JoinRequest> = {}, version = 9): Promise<JoinAnswer> {
    const request = toJoin(this.groupId, {
      groupInstanceId: this.instanceId,
      protocolType: this.#protocolType,
      protocols: [{ name: this.#protocolName, metadata: subscriptionTo(this.label) }],
      ...options,
    });
    const send = async (): Promise<JoinAnswer> =>
      this.peer.need(
        `${this.label} joins`,
        joinGroup,
        version,
        { ...request, memberId: this.memberId },
        { pick: sortMembers, timeoutMs: 40_000 },
      );
    let answer = await send();
    if (answer.errorCode === 79) {
      this.memberId = answer.memberId;
      answer = await send();
    }
    if (answer.errorCode === 0) {
      this.memberId = answer.memberId;
      this.generationId = answer.generationId;
    }
    return answer;
  }

  async sync(assignments: Readonly<Record<string, string>> = {}, version = 5): Promise<void> {
    await this.peer.call(`${this.label} syncs`, syncGroup, version, {
      groupId: this.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: version >= 3 ? this.instanceId : null,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      assignments: Object.entries(assignments).map(([memberId, text_]) => ({
        memberId,
        assignment: Buffer.from(text_),
      })),
    });
  }

  async heartbeat(label = 'beats', version = 4): Promise<void> {
    await this.peer.call(`${this.label} ${label}`, heartbeat, version, {
      groupId: this.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: version >= 3 ? this.instanceId : null,
    });
  }

  async leave(version = 5): Promise<void> {
    const members = version >= 3 ? [{ memberId: this.memberId, groupInstanceId: this.instanceId }] : [];
    const memberId = version >= 3 ? '' : this.memberId;
    await this.peer.call(`${this.label} leaves`, leaveGroup, version, { groupId: this.groupId, memberId, members });
  }
}

/** What DescribeGroups tells of a group; its members come in Kafka's hash order. */
export async function describeGroup(side: Side, group: string, label: string, versions = [5]): Promise<void> {
  for (const version of versions) {
    await side.peer().call(
      label,
      describeGroups,
      version,
      { groups: [side.name(group)], includeAuthorizedOperations: false },
      {
        pick: ({ groups }) =>
          groups.map((each) => ({
            ...each,
            members: each.members.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)),
          })),
      },
    );
  }
}

/** Waits until a group is in a state, as a describing administrator sees it. */
export async function untilState(side: Side, group: string, state: string): Promise<void> {
  const peer = side.peer();
  const request = { groups: [side.name(group)], includeAuthorizedOperations: false };
  for (let tries = 0; tries < 400; tries++) {
    const answer = await peer.quiet(describeGroups, 5, request);
    if (answer?.groups[0]?.groupState === state) {
      peer.close();
      return;
    }
    await pause(10);
  }
  throw new Error(`${group} never was ${state}`);
}

/** Waits until groups have a coordinator: the first look-up creates the internal topic. */
export async function coordinatorReady(side: Side): Promise<void> {
  const peer = side.peer();
  for (let tries = 0; tries < 400; tries++) {
    const answer = await peer.quiet(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: [side.name('x')] });
    const found = answer?.coordinators[0];
    const beat = { groupId: side.name('x'), generationId: 1, memberId: 'x', groupInstanceId: null };
    if (found?.errorCode === 0) {
      const coordinator = side.peer('oracle', found.nodeId);
      if ((await coordinator.quiet(heartbeat, 4, beat))?.errorCode === 25) return;
    }
    await pause(25);
  }
  throw new Error('groups have no coordinator');
}
