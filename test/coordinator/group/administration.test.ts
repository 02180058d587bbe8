import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { GroupWorld, subscription } from './group-world.ts';

test('a Stable group is described with what its members said and were given', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', { groupInstanceId: 'one' }, 'all of it');
  assert.deepEqual(await world.describe('g'), {
    errorCode: 0,
    groupId: 'g',
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [
      {
        memberId: alice.memberId,
        groupInstanceId: 'one',
        clientId: 'client',
        clientHost: '/127.0.0.1',
        memberMetadata: subscription('orders'),
        memberAssignment: Buffer.from('all of it'),
      },
    ],
  });
});

test('while it rebalances, protocol and metadata are left out', async () => {
  const world = new GroupWorld();
  await world.lone('g', {}, 'all');
  await world.enterAndForget('g');
  const { groupState, protocolData, members } = await world.describe('g');
  assert.deepEqual(
    { groupState, protocolData, count: members.length },
    { groupState: 'PreparingRebalance', protocolData: '', count: 2 },
  );
  assert.deepEqual(
    members.map(({ memberMetadata }) => memberMetadata.length),
    [0, 0],
  );
});

test('an unknown group is Dead, from version 6 on with an error', async () => {
  const world = new GroupWorld();
  const old = await world.describe('nowhere', 5);
  assert.deepEqual([old.groupState, old.errorCode], ['Dead', 0]);
  const now = await world.describe('nowhere', 6);
  assert.deepEqual(
    [now.groupState, now.errorCode, now.errorMessage],
    ['Dead', E.GROUP_ID_NOT_FOUND.code, 'Group nowhere not found.'],
  );
});

test('groups are listed by state and type, whatever the letter case', async () => {
  const world = new GroupWorld();
  await world.commit('simple', 1);
  await world.lone('busy');
  await world.lone('worker', { protocolType: 'connect' });
  const all = ['simple  Empty', 'busy consumer Stable', 'worker connect Stable'];
  assert.deepEqual(await world.listed(), all);
  assert.deepEqual(await world.listed(['STABLE']), all.slice(1));
  assert.deepEqual(await world.listed(['empty', 'nonsense']), all.slice(0, 1));
  assert.deepEqual(await world.listed(['nonsense']), []);
  assert.deepEqual(await world.listed([], ['Classic']), all);
  assert.deepEqual(await world.listed([], ['consumer']), []);
});

test('while a partition is loading, there is no whole list', async () => {
  const world = new GroupWorld();
  world.log.bytesMax = 100_000;
  for (let commit = 0; commit < 150; commit++) await world.commit('g', commit, { metadata: 'x'.repeat(4_000) });
  world.restart();
  const response = await world.coordinator.listGroups({ statesFilter: [], typesFilter: [] });
  assert.deepEqual(response, { errorCode: E.COORDINATOR_LOAD_IN_PROGRESS.code, groups: [] });
  assert.equal((await world.join('g')).errorCode, E.COORDINATOR_LOAD_IN_PROGRESS.code);
  const beat = await world.heartbeat({ groupId: 'g', memberId: 'm', generationId: 1 });
  assert.equal(beat, 0, 'a member is not alarmed meanwhile');
  await world.time.settle();
  assert.deepEqual(await world.listed(), ['g  Empty']);
});

test('a group is deleted with its offsets, but not while it has members', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  await world.commit('g', 1, { member: alice });
  const remove = async (...groupsNames: string[]) => {
    const { results } = await world.coordinator.deleteGroups({ groupsNames });
    return results.map(({ groupId, errorCode }) => `${groupId} ${errorCode}`);
  };
  assert.deepEqual(await remove('g', 'nowhere'), ['g 68', 'nowhere 69']);
  await world.leave('g', alice.memberId);
  assert.deepEqual(await remove('g', 'g'), ['g 0']);
  assert.deepEqual(await remove('g'), ['g 69']);
  assert.equal(await world.committed('g'), -1);
  world.restart();
  assert.deepEqual(await world.listed(), []);
  assert.equal(await world.committed('g'), -1);
});

test('an id handed out by a group that was deleted is worth nothing', async () => {
  const world = new GroupWorld();
  const { memberId } = await world.join('g');
  await world.coordinator.deleteGroups({ groupsNames: ['g'] });
  assert.equal((await world.join('g', { memberId })).errorCode, E.UNKNOWN_MEMBER_ID.code);
  assert.equal(world.time.pending, 1, 'only the look for expired offsets is left');
});
