import { setTimeout as pause } from 'node:timers/promises';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { consumerProtocolAssignment } from '../../../src/protocol/consumer-protocol.ts';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { leaveGroup } from '../../../src/protocol/messages/013-leave-group.ts';
import { syncGroup } from '../../../src/protocol/messages/014-sync-group.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { listGroups } from '../../../src/protocol/messages/016-list-groups.ts';
import { consumerGroupDescribe } from '../../../src/protocol/messages/069-consumer-group-describe.ts';
import { assignAtOnce, ConsumerMember } from '../consumer-members.ts';
import { coordinatorReady, Member, subscriptionTo, type JoinRequest } from '../members.ts';
import type { Peer, Scenario, Side } from '../scenario.ts';
import { createTopic, settled, type Topic } from '../topics.ts';

/** Groups that change between the classic and the consumer protocol, member by member and empty (behaviour 78). */
export const scenario: Scenario = {
  name: '30-group-migration',
  async run(side: Side) {
    await coordinatorReady(side);
    const topic = await createTopic(side, 'four', { partitions: 4 });
    await assignAtOnce(side, ...GROUPS.map((group) => side.name(group)));
    await settled(side);
    await upgradeAndBack(side, topic);
    await classicJoins(side, topic);
    await refusedUpgrades(side, topic);
    await emptyGroups(side, topic);
    await staticMembers(side, topic);
    await upgradeDuringRebalance(side, topic);
  },
};

const GROUPS = [
  'up',
  'in',
  'connect',
  'custom',
  'garbage',
  'empty',
  'empty-classic',
  'static-up',
  'static-down',
  'mid',
];

function assignment(topic: Topic, partitions: number[], userData: Uint8Array | null = null): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(0);
  encode(consumerProtocolAssignment, 0, writer, {
    assignedPartitions: partitions.length === 0 ? [] : [{ topic: topic.name, partitions }],
    userData,
  });
  return writer.finish();
}

function reading(topic: Topic): Partial<JoinRequest> {
  return { protocols: [{ name: 'range', metadata: subscriptionTo(topic.name) }] };
}

async function sync(member: Member, assignments: readonly (readonly [Member, Uint8Array])[] = []): Promise<void> {
  await member.peer.call(`${member.label} syncs`, syncGroup, 5, {
    groupId: member.groupId,
    generationId: member.generationId,
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: assignments.map(([{ memberId }, bytes]) => ({ memberId, assignment: bytes })),
  });
}

async function show(side: Side, peer: Peer, group: string, label: string): Promise<void> {
  const request = { groupIds: [side.name(group)], includeAuthorizedOperations: false };
  await peer.call(label, consumerGroupDescribe, 1, request, {
    pick: ({ groups }) =>
      groups.map((described) => ({
        ...described,
        members: described.members
          .toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1))
          .map((member) => ({
            ...member,
            assignment: counted(member.assignment),
            targetAssignment: counted(member.targetAssignment),
          })),
      })),
  });
  const classic = { groups: [side.name(group)], includeAuthorizedOperations: false };
  await peer.call(label, describeGroups, 6, classic, {
    pick: ({ groups }) =>
      groups.map((described) => ({
        ...described,
        members: described.members.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)),
      })),
  });
  await peer.call(
    label,
    listGroups,
    5,
    { statesFilter: [], typesFilter: [] },
    {
      pick: ({ groups }) => groups.filter(({ groupId }) => groupId === side.name(group)),
    },
  );
}

/** Which partitions somebody has may depend on ids that each broker draws. */
function counted({ topicPartitions }: { topicPartitions: { topicName: string; partitions: number[] }[] }): unknown {
  return topicPartitions.map(({ topicName, partitions }) => ({ topicName, count: partitions.length }));
}

/** A Stable classic group of one member that has all four partitions. */
async function stable(side: Side, group: string, topic: Topic, options: { instanceId?: string } = {}): Promise<Member> {
  const member = new Member(side, side.name(group), 'classic', options);
  await member.join(reading(topic));
  await sync(member, [[member, assignment(topic, [0, 1, 2, 3])]]);
  return member;
}

async function upgradeAndBack(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const classic = await stable(side, 'up', topic);
  const member = new ConsumerMember(side, side.name('up'), 'newer');
  await member.beat('cannot beat in a classic group', { memberEpoch: 1 });
  await member.leave();
  await member.join([topic.name], {}, 'makes it a consumer group');
  await show(side, peer, 'up', 'upgraded');
  await classic.heartbeat('is told to join');
  await sync(classic);
  await classic.join(reading(topic));
  await classic.heartbeat('is told to give back');
  await sync(classic);
  await classic.join({ protocols: [{ name: 'range', metadata: owning(topic, [0, 1]) }] });
  await sync(classic);
  await classic.heartbeat('has its part');
  await member.beat('gets its part');
  await member.confirm();
  await show(side, peer, 'up', 'shared');
  await commit(classic, topic, 'in its generation');
  classic.generationId--;
  await commit(classic, topic, 'in the one before');
  await classic.heartbeat('is behind');
  await sync(classic);
  classic.generationId += 9;
  await commit(classic, topic, 'in one to come');
  await classic.heartbeat('is ahead');
  classic.generationId -= 8;
  await member.leave();
  await show(side, peer, 'up', 'classic again');
  await classic.heartbeat('is told to join');
  await classic.join(reading(topic));
  await sync(classic, [[classic, assignment(topic, [0, 1, 2, 3])]]);
  await classic.heartbeat('beats');
  await show(side, peer, 'up', 'classic and Stable');
  await classic.leave();
}

/** Join metadata of version 1, which tells what its sender holds. */
function owning(topic: Topic, partitions: number[]): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(1);
  writer.int32(1);
  writer.int16(Buffer.byteLength(topic.name));
  writer.utf8(topic.name);
  writer.int32(-1);
  writer.int32(1);
  writer.int16(Buffer.byteLength(topic.name));
  writer.utf8(topic.name);
  writer.int32(partitions.length);
  for (const partition of partitions) writer.int32(partition);
  return writer.finish();
}

async function commit({ peer, groupId, memberId, generationId }: Member, topic: Topic, label: string): Promise<void> {
  for (const version of [5, 8, 9]) {
    await peer.call(`commit ${label}`, offsetCommit, version, {
      groupId,
      generationIdOrMemberEpoch: generationId,
      memberId,
      topics: [
        {
          name: topic.name,
          topicId: topic.topicId,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
        },
      ],
    });
  }
}

async function classicJoins(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const member = new ConsumerMember(side, side.name('in'), 'first');
  await member.join([topic.name]);
  await member.confirm();
  const classic = new Member(side, side.name('in'), 'classic');
  await classic.join({ protocolType: 'connect' });
  await classic.join({ protocols: [] });
  await classic.join(reading(topic));
  await sync(classic);
  await classic.heartbeat('waits');
  await member.beat('gives back');
  await classic.heartbeat('still waits');
  await member.confirm();
  await classic.heartbeat('is told to join');
  await classic.join(reading(topic));
  await sync(classic);
  await show(side, peer, 'in', 'shared');
  const other = new Member(side, side.name('in'), 'other');
  await other.join({ protocols: [{ name: 'other', metadata: subscriptionTo(topic.name) }] });
  await other.heartbeat('is unknown');
  await sync(other);
  other.memberId = member.memberId;
  other.generationId = member.epoch;
  await other.heartbeat('speaks for the other one');
  await sync(other);
  await leave(side, peer, 'in', [
    [classic.memberId, null],
    ['nobody', null],
    ['', 'nobody'],
  ]);
  await show(side, peer, 'in', 'alone again');
  await member.beat('gets all');
  const old = new Member(side, side.name('in'), 'old');
  await old.join(reading(topic), 3);
  await old.heartbeat('waits', 3);
  await old.leave(2);
  await old.leave(2);
  await member.leave();
}

async function leave(side: Side, peer: Peer, group: string, who: [string, string | null][]): Promise<void> {
  const members = who.map(([memberId, groupInstanceId]) => ({ memberId, groupInstanceId }));
  await peer.call('leave', leaveGroup, 5, { groupId: side.name(group), memberId: '', members });
}

async function refusedUpgrades(side: Side, topic: Topic): Promise<void> {
  const connect = new Member(side, side.name('connect'), 'connect');
  await connect.join({ protocolType: 'connect' });
  const newer = async (group: string): Promise<void> => {
    const member = new ConsumerMember(side, side.name(group), 'newer');
    await member.join([topic.name], {}, `cannot upgrade ${group}`);
  };
  await newer('connect');
  const custom = new Member(side, side.name('custom'), 'custom');
  await custom.join(reading(topic));
  await sync(custom, [[custom, assignment(topic, [0], Buffer.from('own'))]]);
  await newer('custom');
  await custom.heartbeat('is not disturbed');
  const garbage = new Member(side, side.name('garbage'), 'garbage');
  await garbage.join(reading(topic));
  await sync(garbage, [[garbage, Buffer.from([0, 0, 0, 0, 0, 9])]]);
  await newer('garbage');
  await garbage.heartbeat('is not disturbed');
}

async function emptyGroups(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const classic = await stable(side, 'empty-classic', topic);
  await commit(classic, topic, 'before');
  await classic.leave();
  const member = new ConsumerMember(side, side.name('empty-classic'), 'newer');
  await member.join([topic.name], {}, 'takes the empty classic group');
  await show(side, peer, 'empty-classic', 'a consumer group');
  await member.leave();
  await show(side, peer, 'empty-classic', 'an empty consumer group');
  const known = new Member(side, side.name('empty-classic'), 'classic');
  await known.join(reading(topic));
  await sync(known, [[known, assignment(topic, [0])]]);
  await show(side, peer, 'empty-classic', 'a classic group again');
  await known.leave();
}

async function staticMembers(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const classic = await stable(side, 'static-up', topic, { instanceId: 'one' });
  const newer = new ConsumerMember(side, side.name('static-up'), 'newer', { instanceId: 'one' });
  await newer.join([topic.name], {}, 'takes the place of a classic one');
  await newer.confirm();
  await classic.heartbeat('is fenced');
  await show(side, peer, 'static-up', 'upgraded by replacement');
  const back = new Member(side, side.name('static-up'), 'classic', { instanceId: 'one' });
  await back.join(reading(topic));
  await sync(back);
  await show(side, peer, 'static-up', 'downgraded by replacement');
  await back.heartbeat('beats');
  await newer.beat('is in a classic group');
  await leave(side, peer, 'static-up', [['', 'one']]);
}

async function upgradeDuringRebalance(side: Side, topic: Topic): Promise<void> {
  const first = await stable(side, 'mid', topic);
  const second = new Member(side, side.name('mid'), 'second');
  const joins = second.join(reading(topic));
  await pause(300);
  const member = new ConsumerMember(side, side.name('mid'), 'newer');
  await member.join([topic.name], {}, 'comes in the middle of a rebalance');
  await joins;
  await first.heartbeat('is told to join');
  await second.join(reading(topic));
  await show(side, side.peer(), 'mid', 'three members');
}
