import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { context, GroupWorld, TOPICS, type Membership, NO_CHANGES } from './group-world.ts';

const ZERO = 'AAAAAAAAAAAAAAAAAAAAAA';

const toPartition = (partitionIndex: number) => ({
  partitionIndex,
  committedOffset: 7,
  committedLeaderEpoch: -1,
  committedMetadata: null,
});

const query = (topics: { name: string; topicId: string; partitionIndexes: number[] }[] | null) => ({
  groupId: 'g',
  memberId: null,
  memberEpoch: -1,
  topics,
});

test('what was committed is fetched, also by the next coordinator', async () => {
  const world = new GroupWorld();
  assert.equal(await world.commit('g', 42, { metadata: 'note' }), 0);
  assert.equal(await world.commit('g', 43, { partition: 1 }), 0);
  assert.equal(await world.committed('g'), 42);
  world.restart();
  assert.equal(await world.committed('g'), 42);
  assert.equal(await world.committed('g', 'orders', 1), 43);
});

test('nothing committed is no error', async () => {
  const world = new GroupWorld();
  assert.equal(await world.committed('nobody'), -1);
  await world.commit('g', 1);
  assert.equal(await world.committed('g', 'orders', 2), -1);
  assert.equal(await world.committed('g', 'no such topic'), -1);
});

test('a member commits in its generation only', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  assert.equal(await world.commit('g', 1, { member: alice }), 0);
  assert.equal(await world.commit('g', 1, { member: { ...alice, generationId: 0 } }), E.ILLEGAL_GENERATION.code);
  assert.equal(await world.commit('g', 1, { member: { ...alice, generationId: -1 } }), E.ILLEGAL_GENERATION.code);
  assert.equal(await world.commit('g', 1, { member: { ...alice, memberId: 'x' } }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await world.commit('g', 1, { member: { ...alice, groupInstanceId: 'x' } }), E.UNKNOWN_MEMBER_ID.code);
});

test('outside of membership offsets are taken only while there are no members', async () => {
  const world = new GroupWorld();
  const alice = await world.lone('g');
  assert.equal(await world.commit('g', 1), E.UNKNOWN_MEMBER_ID.code);
  await world.leave('g', alice.memberId);
  assert.equal(await world.commit('g', 1), 0);
});

test('between join and assignment a member cannot commit; while others rejoin it can', async () => {
  const world = new GroupWorld();
  const alice = world.member('g', await world.enter('g'));
  assert.equal(await world.commit('g', 1, { member: alice }), E.REBALANCE_IN_PROGRESS.code);
  await world.sync(alice);
  await world.enterAndForget('g');
  assert.equal(await world.commit('g', 2, { member: alice }), 0);
});

test('a generation of an unknown group is illegal, or from version 9 the group is not found', async () => {
  const world = new GroupWorld();
  const member: Membership = { groupId: 'g', memberId: 'm', generationId: 3 };
  assert.equal(await world.commit('g', 1, { member, apiVersion: 8 }), E.ILLEGAL_GENERATION.code);
  assert.equal(await world.commit('g', 1, { member, apiVersion: 9 }), E.GROUP_ID_NOT_FOUND.code);
});

test('metadata that is too long fails its partition alone', async () => {
  const world = new GroupWorld({ offsetMetadataMaxBytes: 4 });
  assert.equal(await world.commit('g', 1, { metadata: 'five!' }), E.OFFSET_METADATA_TOO_LARGE.code);
  assert.equal(await world.commit('g', 1, { metadata: 'four' }), 0);
});

test('topics and partitions that do not exist are refused one by one, before the others', async () => {
  const world = new GroupWorld();
  const commit = (apiVersion: number, topics: { name: string; topicId: string }[]) =>
    world.coordinator.offsetCommit(
      {
        groupId: 'g',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: topics.map((topic) => ({ ...topic, partitions: [toPartition(2), toPartition(3), toPartition(-1)] })),
      },
      context(apiVersion),
    );
  const named = await commit(9, [
    { name: 'orders', topicId: ZERO },
    { name: 'gone', topicId: ZERO },
  ]);
  const errors = (response: typeof named) =>
    response.topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
  assert.deepEqual(errors(named), [
    [3, 3, 0],
    [3, 3, 3],
  ]);
  const byId = await commit(10, [
    { name: '', topicId: TOPICS.get('shipping')!.id },
    { name: '', topicId: 'BBBBBBBBBBBBBBBBBBBBBQ' },
  ]);
  assert.deepEqual(errors(byId), [
    [3, 3, 0],
    [100, 100, 100],
  ]);
  assert.equal(await world.committed('g', 'shipping', 2), 7);
});

test('OffsetFetch answers in the shape of each version', async () => {
  const world = new GroupWorld();
  await world.commit('g', 9, { metadata: 'm' });
  const offset = { partitionIndex: 0, committedOffset: 9, committedLeaderEpoch: 4, metadata: 'm', errorCode: 0 };
  const old = (apiVersion: number, topics: { name: string; partitionIndexes: number[] }[] | null) =>
    world.coordinator.offsetFetch({ groupId: 'g', topics, groups: [], requireStable: false }, context(apiVersion));
  for (const version of [1, 2, 7]) {
    const { topics, errorCode } = await old(version, [{ name: 'orders', partitionIndexes: [0] }]);
    assert.deepEqual(topics, [{ name: 'orders', topicId: ZERO, partitions: [offset] }], `version ${version}`);
    assert.equal(errorCode, 0);
  }
  assert.deepEqual((await old(7, null)).topics[0]!.partitions, [offset], 'null: all topics');

  const many = await world.coordinator.offsetFetch(
    { groupId: '', topics: [], groups: [query(null), { ...query(null), groupId: 'other' }], requireStable: false },
    context(8),
  );
  assert.deepEqual(
    many.groups.map(({ groupId, topics }) => [groupId, topics.length]),
    [
      ['g', 1],
      ['other', 0],
    ],
  );
  const byId = await world.coordinator.offsetFetch(
    {
      groupId: '',
      topics: [],
      groups: [
        query([
          { name: '', topicId: TOPICS.get('orders')!.id, partitionIndexes: [0] },
          { name: '', topicId: 'BBBBBBBBBBBBBBBBBBBBBQ', partitionIndexes: [0] },
        ]),
        query(null),
      ],
      requireStable: false,
    },
    context(10),
  );
  assert.deepEqual(byId.groups[0]!.topics[0]!.partitions, [offset]);
  assert.equal(byId.groups[0]!.topics[1]!.partitions[0]!.errorCode, E.UNKNOWN_TOPIC_ID.code);
  assert.equal(byId.groups[1]!.topics[0]!.topicId, TOPICS.get('orders')!.id);
});

test('by id, all topics are those that still exist', async () => {
  const world = new GroupWorld();
  await world.commit('g', 9);
  await world.commit('g', 9, { topic: 'shipping' });
  world.topics.delete('shipping');
  const group = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null };
  const response = await world.coordinator.offsetFetch(
    { groupId: '', topics: [], groups: [group], requireStable: false },
    context(10),
  );
  assert.deepEqual(
    response.groups[0]!.topics.map(({ name }) => name),
    ['orders'],
  );
});

test('an offset of an earlier topic of the same name is none of the topic that is asked for by id', async () => {
  const world = new GroupWorld();
  await world.commit('g', 9);
  const id = 'BBBBBBBBBBBBBBBBBBBBBQ';
  world.topics.set('orders', { id, partitions: 3 });
  const response = await world.coordinator.offsetFetch(
    {
      groupId: '',
      topics: [],
      groups: [query([{ name: '', topicId: id, partitionIndexes: [0] }])],
      requireStable: false,
    },
    context(10),
  );
  const [partition] = response.groups[0]!.topics[0]!.partitions;
  assert.deepEqual([partition!.committedOffset, partition!.errorCode], [-1, 0]);
  assert.equal(await world.committed('g'), 9, 'by name it is still there');
});

test('a coordinator that is not here fails the whole group, in version 1 each partition', async () => {
  const world = new GroupWorld();
  world.coordinator.unload(0);
  const { code } = E.NOT_COORDINATOR;
  const old = (apiVersion: number) =>
    world.coordinator.offsetFetch(
      { groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }], groups: [], requireStable: false },
      context(apiVersion),
    );
  assert.equal((await old(1)).topics[0]!.partitions[0]!.errorCode, code);
  assert.deepEqual(await old(2), { topics: [], errorCode: code, groups: [] });
  assert.equal(await world.committed('g'), `error ${code}`);
  assert.equal(await world.commit('g', 1), code);
});

test('an empty group id is allowed for offsets, as it always was', async () => {
  const world = new GroupWorld();
  assert.equal(await world.commit('', 5), 0);
  assert.equal(await world.committed(''), 5);
});

test('offsets of a topic that members read are not deleted, others are', async () => {
  const world = new GroupWorld();
  const remove = async (topic: string, partition = 0) => {
    const response = await world.coordinator.offsetDelete(
      { groupId: 'g', topics: [{ name: topic, partitions: [{ partitionIndex: partition }] }] },
      context(0),
    );
    return response.errorCode === 0 ? response.topics[0]!.partitions[0]!.errorCode : response.errorCode;
  };
  assert.equal(await remove('orders'), E.GROUP_ID_NOT_FOUND.code);
  await world.commit('g', 1);
  await world.commit('g', 1, { topic: 'shipping' });
  await world.lone('g');
  assert.equal(await remove('orders'), E.GROUP_SUBSCRIBED_TO_TOPIC.code);
  assert.equal(await remove('shipping', 3), E.UNKNOWN_TOPIC_OR_PARTITION.code);
  assert.equal(await remove('nowhere'), E.UNKNOWN_TOPIC_OR_PARTITION.code);
  assert.equal(await remove('shipping'), 0);
  assert.equal(await remove('shipping'), 0, 'twice is no error');
  assert.equal(await world.committed('g', 'shipping'), -1);
  assert.equal(await world.committed('g'), 1);
});

test('offsets of a group of another kind are not deleted while it has members', async () => {
  const world = new GroupWorld();
  await world.commit('g', 1);
  await world.lone('g', { protocolType: 'connect' });
  const response = await world.coordinator.offsetDelete({ groupId: 'g', topics: [] }, context(0));
  assert.equal(response.errorCode, E.NON_EMPTY_GROUP.code);
});

test('a deleted topic takes its offsets along', async () => {
  const world = new GroupWorld();
  await world.commit('g', 1);
  await world.commit('g', 2, { topic: 'shipping' });
  const orders = { name: 'orders', id: TOPICS.get('orders')!.id };
  world.coordinator.topicsChanged({ ...NO_CHANGES, deleted: [{ ...orders, id: 'BBBBBBBBBBBBBBBBBBBBBQ' }] });
  assert.equal(await world.committed('g'), 1, 'that was an earlier topic of the name');
  world.coordinator.topicsChanged({ ...NO_CHANGES, deleted: [orders] });
  assert.equal(await world.committed('g'), -1);
  world.restart();
  assert.equal(await world.committed('g'), -1);
  assert.equal(await world.committed('g', 'shipping'), 2);
});
