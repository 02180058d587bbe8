import assert from 'node:assert/strict';
import { test } from 'node:test';
import { created } from '../../../src/coordinator/txn/transaction-state.ts';
import { E } from '../../../src/protocol/errors.ts';
import { ORDERS, TransactionWorld, TV1, type Producer } from './transaction-world.ts';

function later({ producerId, producerEpoch }: Producer, by = 1): Producer {
  return { producerId, producerEpoch: producerEpoch + by };
}

test('under version 2 the end bumps the epoch, and markers carry the new one', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  assert.deepEqual(producer, { producerId: 1000, producerEpoch: 0 });
  assert.deepEqual(await world.enrol('tx', producer, ORDERS), ['NONE', 'NONE', 'NONE']);
  assert.equal(await world.state('tx'), 'Ongoing');
  assert.deepEqual(await world.end('tx', producer), later(producer));
  assert.equal(await world.state('tx'), 'CompleteCommit');
  assert.deepEqual(world.sent, [
    {
      producerId: 1000,
      producerEpoch: 1,
      isCommit: true,
      coordinatorEpoch: 0,
      transactionVersion: 2,
      partitions: ORDERS,
    },
  ]);
});

test('under version 1 the epoch stays, and so it does in markers', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  assert.deepEqual(await world.add('tx', producer, ORDERS, TV1.add), ['NONE', 'NONE', 'NONE']);
  assert.equal(await world.end('tx', producer, false, TV1.end), 'NONE');
  assert.equal(await world.state('tx'), 'CompleteAbort');
  assert.equal(world.sent[0]!.producerEpoch, 0);
  assert.equal(world.sent[0]!.transactionVersion, 0);
});

test('nothing is sent before the decision is committed, and until then everything else has to wait', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer);
  world.log.isCommitting = false;
  const ended = world.coordinator.endTxn({ transactionalId: 'tx', ...producer, committed: true }, 5);
  await world.settle();
  assert.deepEqual(world.sent, []);
  for (const ask of [world.init('tx'), world.enrol('tx', later(producer)), world.end('tx', later(producer))]) {
    world.log.commit(0);
    assert.ok([await ask].flat().includes('CONCURRENT_TRANSACTIONS'));
    world.log.isCommitting = true;
  }
  assert.equal((await ended).errorCode, 0);
  assert.equal(world.sent.length, 1);
});

test('the end is answered before markers are written; the next transaction begins after', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer);
  world.markerError = undefined;
  const next = (await world.end('tx', producer)) as Producer;
  assert.equal(await world.state('tx'), 'PrepareCommit');
  assert.deepEqual(await world.enrol('tx', next), ['CONCURRENT_TRANSACTIONS']);
  assert.deepEqual(await world.enrol('tx', next, ORDERS.slice(0, 1), 'verify'), ['CONCURRENT_TRANSACTIONS']);
  assert.equal(await world.init('tx'), 'CONCURRENT_TRANSACTIONS');
  world.held[0]!.answer(E.NONE);
  await world.settle();
  assert.equal(await world.state('tx'), 'CompleteCommit');
  assert.deepEqual(await world.enrol('tx', next), ['NONE']);
});

test('markers are sent again to partitions whose leader could not write them, and to no other', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer, ORDERS);
  world.markerError = undefined;
  await world.end('tx', producer);
  world.held[0]!.answerEach(({ partition }) => (partition === 1 ? E.NOT_LEADER_OR_FOLLOWER : E.NONE));
  await world.settle();
  assert.deepEqual((await world.describe('tx')).topics, [{ topic: 'orders', partitions: [1] }]);
  assert.equal(world.held.length, 1);
  await world.pass(20);
  assert.deepEqual(world.held[1]!.marker.partitions, [ORDERS[1]]);
  world.held[1]!.answer(E.NONE);
  await world.settle();
  assert.equal(await world.state('tx'), 'CompleteCommit');
});

test('the pause between attempts grows, up to a second', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer);
  world.markerError = E.REQUEST_TIMED_OUT;
  await world.end('tx', producer);
  await world.pass(20 + 40 + 80 + 160 + 320 + 640);
  assert.equal(world.sent.length, 7);
  await world.pass(10_000);
  assert.equal(world.sent.length, 17);
});

test('a partition that is gone, or has seen a later epoch of the producer, is not waited for', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer, ORDERS);
  world.markerError = undefined;
  world.missing.add('orders-0');
  await world.end('tx', producer);
  assert.deepEqual(world.held[0]!.marker.partitions, ORDERS.slice(1));
  world.held[0]!.answerEach(({ partition }) =>
    partition === 1 ? E.INVALID_PRODUCER_EPOCH : E.UNKNOWN_TOPIC_OR_PARTITION,
  );
  world.missing.add('orders-2');
  await world.pass(20);
  assert.equal(world.held.length, 1);
  assert.equal(await world.state('tx'), 'CompleteCommit');
});

test('markers that were under way when the coordinator died are sent again, by a newer epoch', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer, ORDERS);
  world.markerError = undefined;
  await world.end('tx', producer, false);
  const lost = world.held[0]!;
  world.restart();
  await world.settle();
  lost.answer(E.NONE);
  await world.settle();
  assert.equal(await world.state('tx'), 'PrepareAbort');
  assert.equal(world.held[0]!.marker.coordinatorEpoch, 1);
  assert.equal(world.held[0]!.marker.isCommit, false);
  assert.deepEqual(world.held[0]!.marker.partitions, ORDERS);
  world.held[0]!.answer(E.NONE);
  await world.settle();
  assert.equal(await world.state('tx'), 'CompleteAbort');
});

test('the completion waits while the log takes no appends', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  await world.enrol('tx', producer);
  world.markerError = undefined;
  await world.end('tx', producer);
  world.log.knownError = E.NOT_ENOUGH_REPLICAS;
  world.held[0]!.answer(E.NONE);
  await world.pass(5_000);
  assert.equal(await world.state('tx'), 'PrepareCommit');
  world.log.knownError = E.NONE;
  await world.pass(1_000);
  assert.equal(await world.state('tx'), 'CompleteCommit');
  assert.equal(world.held.length, 1);
});

test('only so many transactions have markers under way; the others follow', async () => {
  const world = new TransactionWorld();
  world.markerError = undefined;
  for (let index = 0; index < 1_001; index++) {
    const producer = await world.producer(`tx${index}`);
    await world.enrol(`tx${index}`, producer);
    await world.end(`tx${index}`, producer);
  }
  assert.equal(world.held.length, 1_000);
  world.held[0]!.answer(E.NONE);
  await world.settle();
  assert.equal(world.held.length, 1_001);
});

test('a producer whose epochs are used up goes on under a new producer id', async () => {
  const world = new TransactionWorld();
  await world.history([['tx', { ...created(1000, 60_000, world.time.nowMs()), producerEpoch: 0x7ffd }]]);
  world.nextProducerId = 1001;
  const producer = (await world.end('tx', { producerId: 1000, producerEpoch: 0x7ffd }, false)) as Producer;
  assert.deepEqual(producer, { producerId: 1000, producerEpoch: 0x7ffe });
  await world.enrol('tx', producer);
  const next = await world.end('tx', producer);
  assert.deepEqual(next, { producerId: 1001, producerEpoch: 0 });
  assert.equal(world.sent.at(-1)!.producerEpoch, 0x7fff);
  assert.equal(world.sent.at(-1)!.producerId, 1000);
  assert.deepEqual(await world.end('tx', producer), next, 'told again');
  assert.equal(await world.end('tx', producer, false), 'INVALID_TXN_STATE');
});
