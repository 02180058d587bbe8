import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { GroupWorld, REBALANCE_MS, SESSION_MS, subscription } from './group-world.ts';

const range = { name: 'range', metadata: subscription('orders') };
const sticky = { name: 'sticky', metadata: subscription('orders') };
const roundRobin = { name: 'roundrobin', metadata: subscription('orders') };

test('a new dynamic member is told its id first and becomes a member when it comes back with it', async () => {
  const world = new GroupWorld();
  const first = await world.join('g');
  assert.equal(first.errorCode, E.MEMBER_ID_REQUIRED.code);
  assert.match(first.memberId, /^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal((await world.describe('g')).members.length, 0);

  const second = await world.join('g', { memberId: first.memberId });
  assert.equal(second.errorCode, 0);
  assert.deepEqual(
    {
      generation: second.generationId,
      leader: second.leader,
      protocol: second.protocolName,
      type: second.protocolType,
    },
    { generation: 1, leader: first.memberId, protocol: 'range', type: 'consumer' },
  );
  assert.deepEqual(second.members, [
    { memberId: first.memberId, groupInstanceId: null, metadata: subscription('orders') },
  ]);
});

test('before version 4 a member joins without asking for an id', async () => {
  const world = new GroupWorld();
  const joined = await world.join('g', { apiVersion: 3 });
  assert.equal(joined.errorCode, 0);
  assert.equal(joined.generationId, 1);
});

test('an id that was handed out and not used in a session time is worth nothing', async () => {
  const world = new GroupWorld();
  const { memberId } = await world.join('g');
  world.time.advance(SESSION_MS);
  assert.equal((await world.join('g', { memberId })).errorCode, E.UNKNOWN_MEMBER_ID.code);
});

test('requests that cannot be a join are refused', async () => {
  const world = new GroupWorld();
  const refusal = async (groupId: string, wish: Parameters<GroupWorld['join']>[1]) =>
    (await world.join(groupId, wish)).errorCode;
  assert.equal(await refusal('', {}), E.INVALID_GROUP_ID.code);
  assert.equal(await refusal('g', { sessionTimeoutMs: 5_999 }), E.INVALID_SESSION_TIMEOUT.code);
  assert.equal(await refusal('g', { sessionTimeoutMs: 1_800_001 }), E.INVALID_SESSION_TIMEOUT.code);
  assert.equal(await refusal('g', { memberId: 'never heard of' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await refusal('g', { protocols: [] }), E.INCONSISTENT_GROUP_PROTOCOL.code);
  assert.equal(await refusal('g', { protocolType: '' }), E.INCONSISTENT_GROUP_PROTOCOL.code);
  assert.deepEqual(await world.listed(), [], 'and no group comes of them');
});

test('a protocol name that is null is told as an empty one before version 7', async () => {
  const world = new GroupWorld();
  assert.equal((await world.join('', { apiVersion: 6 })).protocolName, '');
  assert.equal((await world.join('', { apiVersion: 7 })).protocolName, null);
});

test('a second member has the first one rejoin; only the leader learns who there is', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  assert.equal(await world.settled(bobJoins), false, 'bob waits for alice');
  assert.equal(await world.stateOf('g'), 'PreparingRebalance');
  assert.equal(await world.heartbeat(alice), E.REBALANCE_IN_PROGRESS.code);

  const alicesJoin = await world.join('g', { memberId: alice.memberId });
  const bob = await bobJoins;
  assert.equal(alicesJoin.generationId, 2);
  assert.equal(bob.generationId, 2);
  assert.equal(bob.leader, alice.memberId);
  assert.deepEqual(
    alicesJoin.members.map(({ memberId }) => memberId).toSorted(),
    [alice.memberId, bob.memberId].toSorted(),
  );
  assert.deepEqual(bob.members, []);
  assert.equal(await world.stateOf('g'), 'CompletingRebalance');
});

test('members that do not rejoin within the longest rebalance timeout are out, and someone else leads', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', { sessionTimeoutMs: REBALANCE_MS * 2 });
  const bobJoins = world.enter('g', { rebalanceTimeoutMs: 1_000 });
  await world.time.run(REBALANCE_MS - 1);
  assert.equal(await world.settled(bobJoins), false);
  await world.time.run(1);
  const bob = await bobJoins;
  assert.equal(bob.leader, bob.memberId);
  assert.equal(bob.members.length, 1);
  assert.equal(await world.heartbeat(alice), E.UNKNOWN_MEMBER_ID.code);
});

test('an id that is handed out while members rejoin is waited for', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const pending = await world.join('g', { sessionTimeoutMs: 20_000 });
  const rejoins = world.join('g', { memberId: alice.memberId });
  assert.equal(await world.settled(rejoins), false);
  const joins = world.join('g', { memberId: pending.memberId });
  assert.equal((await rejoins).members.length, 2);
  assert.equal((await joins).generationId, 2);
});

test('an id that leaves or runs out is no longer waited for', async () => {
  for (const end of ['leave', 'expire']) {
    const world = new GroupWorld();
    const alice = await world.lone('g');
    const pending = await world.join('g');
    const rejoins = world.join('g', { memberId: alice.memberId });
    assert.equal(await world.settled(rejoins), false);
    if (end === 'leave') assert.deepEqual(await world.leave('g', pending.memberId), [0]);
    else await world.time.run(SESSION_MS);
    assert.equal((await rejoins).members.length, 1, end);
  }
});

test('the protocol is the one that most members prefer among those that all know', async () => {
  const world = new GroupWorld({ groupInitialRebalanceDelayMs: 3_000 });
  const joins = [
    world.enter('g', { protocols: [sticky, range, roundRobin] }),
    world.enter('g', { protocols: [roundRobin, range] }),
    world.enter('g', { protocols: [roundRobin, range] }),
  ];
  await world.time.run(10_000);
  for (const joined of await Promise.all(joins)) assert.equal(joined.protocolName, 'roundrobin');
});

test('someone of another kind, or without a protocol that all know, cannot join', async () => {
  const world = new GroupWorld();
  await world.lone('g', { protocols: [range, sticky] });
  assert.equal((await world.join('g', { protocolType: 'connect' })).errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code);
  assert.equal((await world.join('g', { protocols: [roundRobin] })).errorCode, E.INCONSISTENT_GROUP_PROTOCOL.code);
  assert.equal((await world.join('g', { protocols: [sticky] })).errorCode, E.MEMBER_ID_REQUIRED.code);
});

test('metadata of other protocol types is passed on unread', async () => {
  const world = new GroupWorld();
  const metadata = Buffer.from('not what a consumer says');
  const joined = await world.enter('g', { protocolType: 'connect', protocols: [{ name: 'sessioned', metadata }] });
  assert.deepEqual(joined.members[0]!.metadata, metadata);
});

test('the first rebalance of an empty group waits for the initial delay, again while members come', async () => {
  const world = new GroupWorld({ groupInitialRebalanceDelayMs: 3_000 });
  const alice = world.enter('g');
  await world.time.run(2_000);
  const bob = world.enter('g');
  await world.time.run(2_000);
  assert.equal(await world.settled(alice), false, 'bob has put it off');
  await world.time.run(2_000);
  assert.equal((await alice).generationId, 1);
  assert.equal((await bob).generationId, 1);
});

test('the initial delay is not put off beyond the rebalance timeout', async () => {
  const world = new GroupWorld({ groupInitialRebalanceDelayMs: 3_000 });
  const first = world.enter('g', { rebalanceTimeoutMs: 7_000 });
  for (let second = 0; second < 6; second++) {
    void world.enter('g', { rebalanceTimeoutMs: 7_000 });
    await world.time.run(1_000);
  }
  await world.time.run(1_000);
  assert.equal(await world.settled(first), true);
});

test('a follower that rejoins with nothing new is told the current generation; the leader or news rebalance', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  await world.settled(bobJoins);
  await world.join('g', { memberId: alice.memberId });
  const bob = await bobJoins;
  const inSecond = { ...alice, generationId: 2 };
  await world.sync(inSecond, {});
  await world.sync(world.member('g', bob));

  const again = await world.join('g', { memberId: bob.memberId });
  assert.equal(again.generationId, 2);
  assert.deepEqual(again.members, []);
  assert.equal(await world.stateOf('g'), 'Stable');

  const news = world.join('g', {
    memberId: bob.memberId,
    protocols: [{ name: 'range', metadata: subscription('orders', 'shipping') }],
  });
  assert.equal(await world.settled(news), false);
  assert.equal(await world.stateOf('g'), 'PreparingRebalance');
  const leaders = await world.join('g', { memberId: alice.memberId });
  assert.equal(leaders.generationId, 3);
  assert.equal((await news).generationId, 3);

  await world.sync({ ...alice, generationId: 3 }, {});
  const leaderAgain = world.join('g', { memberId: alice.memberId });
  assert.equal(await world.settled(leaderAgain), false, 'a leader that rejoins wants a new assignment');
});

test('a join that is repeated over a new connection answers the one given up', async () => {
  const world = new GroupWorld();
  await world.lone('g');
  const pending = await world.join('g');
  const first = world.join('g', { memberId: pending.memberId });
  await world.settled(first);
  const second = world.join('g', { memberId: pending.memberId });
  assert.equal((await first).errorCode, E.REBALANCE_IN_PROGRESS.code);
  assert.equal(await world.settled(second), false);
});

test('a join repeated before the assignment is there is told the generation again', async () => {
  const world = new GroupWorld();
  const joined = await world.enter('g');
  const again = await world.join('g', { memberId: joined.memberId });
  assert.deepEqual(again, joined);
});

test('a full group takes nobody more', async () => {
  const world = new GroupWorld({ groupMaxSize: 1 });
  const alice = await world.lone('g');
  assert.equal((await world.join('g')).errorCode, E.GROUP_MAX_SIZE_REACHED.code);
  assert.equal(await world.heartbeat(alice), 0, 'who is in stays in');
});

test('when the limit is lowered, the last to rejoin are refused', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  const bobJoins = world.enter('g');
  await world.settled(bobJoins);
  world.settings.groupMaxSize = 1;
  assert.equal((await world.join('g', { memberId: alice.memberId })).errorCode, E.GROUP_MAX_SIZE_REACHED.code);
  assert.equal((await bobJoins).members.length, 1, 'and not waited for');
});

test('a member that waits five minutes in its first join is given up', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g', { sessionTimeoutMs: 1_000_000, rebalanceTimeoutMs: 1_000_000 });
  const bobJoins = world.enter('g');
  await world.time.run(300_000);
  assert.equal((await bobJoins).errorCode, E.UNKNOWN_MEMBER_ID.code);
  assert.deepEqual(
    (await world.describe('g')).members.map(({ memberId }) => memberId),
    [alice.memberId],
  );
});
