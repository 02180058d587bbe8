import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import { isTransactional, producerId } from '../../../src/records/batch.ts';
import { context, GroupWorld, type Membership } from './group-world.ts';

const producer = { id: 7, epoch: 2 };

async function commitInTransaction(world: GroupWorld, offset: number, member?: Membership, partition = 0) {
  const response = await world.coordinator.txnOffsetCommit(
    {
      transactionalId: 'tx',
      groupId: 'g',
      producerId: producer.id,
      producerEpoch: producer.epoch,
      generationId: member?.generationId ?? -1,
      memberId: member?.memberId ?? '',
      groupInstanceId: null,
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' },
          ],
        },
      ],
    },
    context(3),
  );
  return response.topics[0]!.partitions[0]!.errorCode;
}

const end = (world: GroupWorld, type: 0 | 1) =>
  world.coordinator.endTransaction(0, producer, { type, coordinatorEpoch: 0 });

test('offsets of a transaction count once it is committed', async () => {
  const world = new GroupWorld();
  await world.commit('g', 1);
  assert.equal(await commitInTransaction(world, 10), 0);
  assert.equal(await world.committed('g'), 1);
  assert.equal(await world.committed('g', 'orders', 0, true), `error ${E.UNSTABLE_OFFSET_COMMIT.code}`);
  assert.equal(await world.committed('g', 'orders', 1, true), -1, 'other partitions are stable');
  assert.equal(await end(world, 1), E.NONE);
  assert.equal(await world.committed('g', 'orders', 0, true), 10);
});

test('offsets of an aborted transaction never counted', async () => {
  const world = new GroupWorld();
  await world.commit('g', 1);
  await commitInTransaction(world, 10);
  await end(world, 0);
  assert.equal(await world.committed('g', 'orders', 0, true), 1);
});

test('the records lie in a transactional batch of their producer, and a restart in between changes nothing', async () => {
  for (const [type, expected] of [
    [0, 1],
    [1, 10],
  ] as const) {
    const world = new GroupWorld();
    await world.commit('g', 1);
    await commitInTransaction(world, 10);
    const { batch } = world.log.appends.at(-1)!;
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
    assert.deepEqual([isTransactional(view, 0), producerId(view, 0)], [true, producer.id]);
    world.restart();
    assert.equal(await world.committed('g'), 1);
    await end(world, type);
    assert.equal(await world.committed('g', 'orders', 0, true), expected);
    world.restart();
    assert.equal(await world.committed('g', 'orders', 0, true), expected);
  }
});

test('an offset committed outside after the transactional one stays', async () => {
  const world = new GroupWorld();
  await commitInTransaction(world, 10);
  await world.commit('g', 20);
  await end(world, 1);
  assert.equal(await world.committed('g'), 20);
  world.restart();
  assert.equal(await world.committed('g'), 20);
});

test('who is not of the generation is refused, but a rebalance is no reason', async () => {
  const world = new GroupWorld();
  assert.equal(
    await commitInTransaction(world, 1, { groupId: 'g', memberId: 'm', generationId: 4 }),
    E.ILLEGAL_GENERATION.code,
  );
  const alice = world.member('g', await world.enter('g'));
  assert.equal(await commitInTransaction(world, 1, alice), 0, 'while the group completes its rebalance');
  assert.equal(await commitInTransaction(world, 1, { ...alice, generationId: 9 }), E.ILLEGAL_GENERATION.code);
  assert.equal(await commitInTransaction(world, 1, { ...alice, memberId: 'm' }), E.UNKNOWN_MEMBER_ID.code);
  assert.equal(await commitInTransaction(world, 1), 0, 'a producer that tells nothing of the member is believed');
});

test('an open transaction keeps group and offset from expiring', async () => {
  const world = new GroupWorld({ offsetsRetentionMs: 1_000, offsetsRetentionCheckIntervalMs: 1_000 });
  await world.commit('g', 1);
  await commitInTransaction(world, 10);
  await world.time.run(10_000);
  assert.equal(await world.committed('g'), 1);
  await end(world, 1);
  assert.equal(await world.committed('g'), 10);
});

test('deleting a group ends what is pending in it', async () => {
  const world = new GroupWorld();
  await commitInTransaction(world, 10);
  assert.deepEqual(await world.coordinator.deleteGroups({ groupsNames: ['g'] }), {
    results: [{ groupId: 'g', errorCode: 0 }],
  });
  await end(world, 1);
  assert.equal(await world.committed('g'), -1);
  world.restart();
  assert.equal(await world.committed('g'), -1);
});

test('an offset that only a transaction has is deleted as others are', async () => {
  const world = new GroupWorld();
  await commitInTransaction(world, 10);
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  await world.coordinator.offsetDelete({ groupId: 'g', topics }, context(0));
  await end(world, 1);
  assert.equal(await world.committed('g'), -1);
  world.restart();
  assert.equal(await world.committed('g'), -1);
});

test('a marker for a partition that is not led here is refused', async () => {
  const world = new GroupWorld();
  world.coordinator.unload(0);
  assert.equal(await end(world, 1), E.NOT_COORDINATOR);
});

test('a producer that was fenced is refused without harm to anybody else', async () => {
  const world = new GroupWorld();
  await world.commit('g', 1);
  world.log.producerEpochMin = producer.epoch + 1;
  assert.equal(await commitInTransaction(world, 10), E.INVALID_PRODUCER_EPOCH.code);
  assert.equal(await end(world, 1), E.INVALID_PRODUCER_EPOCH);
  assert.equal(await world.committed('g', 'orders', 0, true), 1);
  assert.equal(world.log.endOffset(0), 1);
});
