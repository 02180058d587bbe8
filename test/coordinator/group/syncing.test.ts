import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { context, GroupWorld, REBALANCE_MS, SESSION_MS, type Membership } from './group-world.ts';

/** Two members that have joined generation 2 and not synced. */
async function twoJoined(world: GroupWorld): Promise<{ leader: Membership; follower: Membership }> {
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  await world.settled(bobJoins);
  const rejoined = await world.join('g', { memberId: alice.memberId });
  return { leader: world.member('g', rejoined), follower: world.member('g', await bobJoins) };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

test('a follower waits for the leader and each gets its own part', async () => {
  const world = new GroupWorld();
  const { leader, follower } = await twoJoined(world);
  const followersSync = world.sync(follower);
  assert.equal(await world.settled(followersSync), false);
  const leadersSync = await world.sync(leader, { [leader.memberId]: 'left', [follower.memberId]: 'right' });
  assert.deepEqual(
    { error: leadersSync.errorCode, part: text(leadersSync.assignment), name: leadersSync.protocolName },
    { error: 0, part: 'left', name: 'range' },
  );
  assert.equal(text((await followersSync).assignment), 'right');
  assert.equal(await world.stateOf('g'), 'Stable');
});

test('a member that the leader forgot gets nothing; one that does not belong is passed over', async () => {
  const world = new GroupWorld();
  const { leader, follower } = await twoJoined(world);
  await world.sync(leader, { [leader.memberId]: 'all', stranger: 'what?' });
  const late = await world.sync(follower);
  assert.equal(late.errorCode, 0);
  assert.equal(late.assignment.length, 0);
  assert.equal((await world.describe('g')).members.length, 2);
});

test('in a Stable group a sync is answered with what was assigned', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', {}, 'everything');
  assert.equal(text((await world.sync(alice)).assignment), 'everything');
});

test('who is not of the generation cannot sync', async () => {
  const world = new GroupWorld();
  const { leader } = await twoJoined(world);
  const errorOf = async (member: Membership) => (await world.sync(member)).errorCode;
  assert.equal(await errorOf({ ...leader, generationId: 1 }), E.ILLEGAL_GENERATION.code);
  assert.equal(await errorOf({ ...leader, memberId: 'x' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await errorOf({ ...leader, groupId: 'other' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await errorOf({ ...leader, groupId: '' }), E.INVALID_GROUP_ID.code);
  assert.equal(await errorOf({ ...leader, protocolName: 'sticky' }), E.INCONSISTENT_GROUP_PROTOCOL.code);
});

test('from version 5 on a sync without protocol is refused, before it nobody asks', async () => {
  const world = new GroupWorld();
  const { leader } = await twoJoined(world);
  const request = {
    groupId: 'g',
    generationId: 2,
    memberId: leader.memberId,
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
  };
  const { errorCode } = await world.coordinator.syncGroup(request, context(5));
  assert.equal(errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code);
  assert.equal((await world.coordinator.syncGroup(request, context(4))).errorCode, 0);
});

test('a rebalance that begins meanwhile sends those who wait back to join', async () => {
  const world = new GroupWorld();
  const { leader, follower } = await twoJoined(world);
  const followersSync = world.sync(follower);
  await world.settled(followersSync);
  void world.enter('g');
  assert.equal((await followersSync).errorCode, E.REBALANCE_IN_PROGRESS.code);
  assert.equal((await world.sync(leader)).errorCode, E.REBALANCE_IN_PROGRESS.code);
});

test('members that do not sync within the rebalance timeout are dropped', async () => {
  const world = new GroupWorld();
  const { leader, follower } = await twoJoined(world);
  await world.sync(leader, {});
  for (let waited = 0; waited < REBALANCE_MS; waited += SESSION_MS / 2) {
    await world.heartbeat(leader);
    await world.heartbeat(follower);
    await world.time.run(SESSION_MS / 2);
  }
  assert.equal(await world.heartbeat(follower), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await world.heartbeat(leader), E.REBALANCE_IN_PROGRESS.code);
});

test('a leader that never brings the assignment is dropped like the others', async () => {
  const world = new GroupWorld();
  const { leader, follower } = await twoJoined(world);
  const followersSync = world.sync(follower);
  await world.time.run(SESSION_MS);
  assert.equal((await followersSync).errorCode, E.REBALANCE_IN_PROGRESS.code);
  const rejoined = await world.join('g', { memberId: follower.memberId });
  assert.equal(rejoined.leader, follower.memberId);
  assert.equal(await world.heartbeat(leader), E.UNKNOWN_MEMBER_ID.code);
});

test('an assignment too large to be recorded fails the sync and starts over', async () => {
  const world = new GroupWorld();
  world.log.bytesMax = 10_000;
  const joined = await world.enter('g');
  const member = world.member('g', joined);
  const synced = await world.sync(member, { [joined.memberId]: 'x'.repeat(20_000) });
  assert.equal(synced.errorCode, E.UNKNOWN_SERVER_ERROR.code);
  assert.equal(await world.stateOf('g'), 'PreparingRebalance');
  assert.equal((await world.join('g', { memberId: joined.memberId })).generationId, 2);
});

test('the assignment survives the coordinator', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', {}, 'mine');
  const before = await world.describe('g');
  world.restart();
  assert.deepEqual(await world.describe('g'), before);
  assert.equal(await world.heartbeat(alice), 0);
  assert.equal(text((await world.sync(alice)).assignment), 'mine');
});
