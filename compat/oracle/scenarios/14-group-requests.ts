import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { heartbeat } from '../../../src/protocol/messages/012-heartbeat.ts';
import { leaveGroup } from '../../../src/protocol/messages/013-leave-group.ts';
import { syncGroup } from '../../../src/protocol/messages/014-sync-group.ts';
import { coordinatorReady, Member, protocols, sortMembers, toJoin } from '../members.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';

/** Each group request in each version with what can be wrong in it (behaviours 55-60, 63). */
export const scenario: Scenario = {
  name: '14-group-requests',
  async run(side: Side) {
    await coordinatorReady(side);
    const peer = side.peer();
    for (const version of versionsOf(joinGroup)) await wholeLife(side, version);
    await wrongJoins(side, peer);
    await strangers(side, peer);
    await wrongGenerations(side);
  },
};

/** A lone member in the versions of one generation of clients: joins, syncs, beats, leaves. */
async function wholeLife(side: Side, version: number): Promise<void> {
  const member = new Member(side, side.name(`life-${version}`), `life${version}`);
  const other = Math.min(version, 4);
  const syncVersion = Math.min(version, 5);
  await member.join({}, version);
  await member.heartbeat('beats before the sync', other);
  await member.sync({ [member.memberId]: 'all' }, syncVersion);
  await member.heartbeat('beats', other);
  await member.sync({}, syncVersion);
  await member.join({}, version);
  await member.sync({ [member.memberId]: 'all again' }, syncVersion);
  await member.leave(syncVersion);
  await member.leave(syncVersion);
  await member.heartbeat('beats after leaving', other);
  await member.join({}, version);
}

async function wrongJoins(side: Side, peer: Peer): Promise<void> {
  let count = 0;
  const join = async (label: string, options: Parameters<typeof toJoin>[1], groupId?: string): Promise<void> => {
    for (const version of [5, 9]) {
      await peer.call(label, joinGroup, version, toJoin(groupId ?? side.name(`wrong-${count++}`), options), {
        pick: sortMembers,
      });
    }
  };
  await join('empty group id', {}, '');
  await join('session too short', { sessionTimeoutMs: 999 });
  await join('session too long', { sessionTimeoutMs: 1_800_001 });
  await join('negative session', { sessionTimeoutMs: -1 });
  await join('unknown member id', { memberId: 'nobody' });
  await join('no protocols', { protocols: [] });
  await join('no protocol type', { protocolType: '' });
  await join('a protocol twice', { protocols: protocols('range', 'range') });
  await join('an empty protocol name', { protocols: protocols('') });
  await join('empty instance id', { groupInstanceId: '' });
  await join('instance id with a space', { groupInstanceId: 'a b' });
  await join('instance id too long', { groupInstanceId: 'x'.repeat(250) });
  await join('instance id and unknown member id', { groupInstanceId: 'i', memberId: 'nobody' });
  await join('negative rebalance timeout', { rebalanceTimeoutMs: -5 });
  const member = new Member(side, side.name('types'), 'first');
  await member.join();
  await member.sync({ [member.memberId]: 'x' });
  for (const [label, options] of [
    ['another protocol type', { protocolType: 'connect' }],
    ['no common protocol', { protocols: protocols('sticky') }],
  ] as const) {
    await join(label, options, member.groupId);
    await join(`${label}, as static member`, { ...options, groupInstanceId: 'i' }, member.groupId);
  }
  await member.leave();
  const opaque = { protocolType: 'connect', protocols: [{ name: 'x', metadata: Buffer.from('opaque') }] };
  await join('a type of its own', { ...opaque, groupInstanceId: 'i' });
}

async function strangers(side: Side, peer: Peer): Promise<void> {
  for (const groupId of [side.name('nothing'), '']) {
    const label = groupId === '' ? 'empty group' : 'unknown group';
    for (const version of versionsOf(heartbeat))
      await peer.call(`${label} beats`, heartbeat, version, { groupId, generationId: 1, memberId: 'x' });
    for (const version of versionsOf(syncGroup)) {
      await peer.call(`${label} syncs`, syncGroup, version, {
        groupId,
        generationId: 1,
        memberId: 'x',
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [],
      });
    }
    for (const version of versionsOf(leaveGroup)) {
      const members = version >= 3 ? [{ memberId: 'x' }, { memberId: '', groupInstanceId: 'i' }] : [];
      await peer.call(`${label} leaves`, leaveGroup, version, { groupId, memberId: version >= 3 ? '' : 'x', members });
      if (version >= 3)
        await peer.call(`nobody leaves ${label}`, leaveGroup, version, { groupId, memberId: '', members: [] });
    }
  }
}

async function wrongGenerations(side: Side): Promise<void> {
  const member = new Member(side, side.name('generations'), 'gen');
  await member.join();
  const { peer, groupId, memberId } = member;
  const sync = async (label: string, options: object): Promise<void> => {
    const request = {
      groupId,
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
      ...options,
    };
    await peer.call(label, syncGroup, 5, request);
  };
  await sync('sync of generation 0', { generationId: 0 });
  await sync('sync of generation 2', { generationId: 2 });
  await sync('sync of another member', { memberId: 'nobody' });
  await sync('sync of another type', { protocolType: 'connect' });
  await sync('sync of another protocol', { protocolName: 'sticky' });
  await sync('sync without names', { protocolType: null, protocolName: null });
  await sync('sync with an assignment for a stranger', {
    assignments: [{ memberId: 'nobody', assignment: Buffer.from('x') }],
  });
  for (const generationId of [-1, 0, 2]) {
    await peer.call(`beat of generation ${generationId}`, heartbeat, 4, { groupId, generationId, memberId });
  }
  await peer.call('beat of another member', heartbeat, 4, { groupId, generationId: 1, memberId: 'nobody' });
  await peer.call('beat with an instance id', heartbeat, 4, {
    groupId,
    generationId: 1,
    memberId,
    groupInstanceId: 'i',
  });
  await peer.call('leave with an instance id', leaveGroup, 5, {
    groupId,
    memberId: '',
    members: [{ memberId, groupInstanceId: 'i' }],
  });
  await peer.call('leave of nobody and of oneself', leaveGroup, 5, {
    groupId,
    memberId: '',
    members: [{ memberId: 'nobody' }, { memberId }],
  });
}
