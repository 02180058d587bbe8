import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../../src/protocol/errors.ts';
import {
  TRANSACTIONAL_ID_LETTERS_MAX,
  TRANSACTIONAL_IDS_MAX,
} from '../../../src/coordinator/txn/transaction-config.ts';
import { created } from '../../../src/coordinator/txn/transaction-state.ts';
import { NOBODY, ORDERS, TransactionWorld, TV1, type Producer } from './transaction-world.ts';

test('each start of a producer bumps the epoch, also over a restart of the coordinator', async () => {
  const world = new TransactionWorld();
  assert.deepEqual(await world.init('tx'), { producerId: 1000, producerEpoch: 0 });
  assert.deepEqual(await world.init('tx'), { producerId: 1000, producerEpoch: 1 });
  world.restart();
  assert.deepEqual(await world.init('tx'), { producerId: 1000, producerEpoch: 2 });
});

test('a producer that goes on after an error keeps its place until another starts', async () => {
  const world = new TransactionWorld();
  const first = await world.producer('tx');
  const second = (await world.init('tx', first)) as Producer;
  assert.deepEqual(second, { producerId: 1000, producerEpoch: 1 });
  assert.deepEqual(await world.init('tx', first), second, 'the answer was lost, and is given again');
  await world.producer('tx');
  assert.equal(await world.init('tx', second), 'PRODUCER_FENCED');
  assert.equal(await world.init('tx', second, { apiVersion: 3 }), 'INVALID_PRODUCER_EPOCH');
});

test('a new producer has the open transaction of the one before it aborted', async () => {
  for (const transactionVersion of [0, 1, 2]) {
    const world = new TransactionWorld({ transactionVersion });
    const first = await world.producer('tx');
    await world.add('tx', first, ORDERS, TV1.add);
    assert.equal(await world.init('tx'), 'CONCURRENT_TRANSACTIONS');
    assert.equal(await world.state('tx'), 'CompleteAbort');
    const marker = world.sent[0]!;
    assert.deepEqual([marker.producerEpoch, marker.isCommit], [1, false]);
    assert.deepEqual(await world.init('tx'), { producerId: 1000, producerEpoch: 2 });
    assert.deepEqual(await world.add('tx', first, ORDERS.slice(0, 1), TV1.add), ['PRODUCER_FENCED']);
    assert.deepEqual(await world.add('tx', first, ORDERS.slice(0, 1), 1), ['INVALID_PRODUCER_EPOCH']);
  }
});

test('a transaction that takes too long is aborted, and its producer fenced', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx', { timeoutMs: 15_000 });
  await world.enrol('tx', producer);
  await world.pass(15_000);
  assert.equal(await world.state('tx'), 'Ongoing');
  await world.pass(10_000);
  assert.equal(await world.state('tx'), 'CompleteAbort');
  assert.equal(world.sent[0]!.producerEpoch, 1);
  assert.equal(await world.end('tx', producer), 'INVALID_TXN_STATE');
  assert.deepEqual(await world.enrol('tx', producer), ['PRODUCER_FENCED']);
});

test('a transaction is aborted for taking too long also by the coordinator that takes over', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx', { timeoutMs: 15_000 });
  await world.enrol('tx', producer);
  await world.pass(14_000);
  world.restart();
  await world.pass(10_000);
  assert.equal(await world.state('tx'), 'CompleteAbort');
});

test('ids that nobody uses are forgotten, those in a transaction are not', async () => {
  const world = new TransactionWorld({ transactionalIdExpirationMs: 2 * 3_600_000, transactionMaxTimeoutMs: 1e9 });
  await world.producer('idle');
  const producer = await world.producer('busy', { timeoutMs: 1e9 });
  await world.enrol('busy', producer);
  await world.pass(3 * 3_600_000);
  assert.equal(await world.state('idle'), 'TRANSACTIONAL_ID_NOT_FOUND');
  assert.equal(await world.state('busy'), 'Ongoing');
  world.restart();
  await world.settle();
  assert.equal(await world.state('idle'), 'TRANSACTIONAL_ID_NOT_FOUND');
  assert.deepEqual(await world.init('idle'), { producerId: 1002, producerEpoch: 0 });
});

test('no producer id to be had: the producer is told to come again', async () => {
  const world = new TransactionWorld();
  world.hasProducerIds = false;
  assert.equal(await world.init('tx'), 'COORDINATOR_LOAD_IN_PROGRESS');
  assert.equal(await world.init(null), 'COORDINATOR_LOAD_IN_PROGRESS');
  world.hasProducerIds = true;
  assert.deepEqual(await world.init('tx'), { producerId: 1000, producerEpoch: 0 });
  assert.deepEqual(await world.init(null), { producerId: 1001, producerEpoch: 0 });
});

test('two producers that start at once under a new id never get the same epoch', async () => {
  const world = new TransactionWorld();
  const request = {
    transactionalId: 'tx',
    transactionTimeoutMs: 1,
    ...NOBODY,
    enable2Pc: false,
    keepPreparedTxn: false,
  };
  const both = [world.coordinator.initProducerId(request, 5), world.coordinator.initProducerId(request, 5)];
  await world.settle();
  const codes = (await Promise.all(both)).map(({ errorCode }) => errorCode);
  assert.deepEqual(codes, [0, E.CONCURRENT_TRANSACTIONS.code]);
});

test('a transaction of more partitions than a record can tell is refused, and goes on without them', async () => {
  const world = new TransactionWorld();
  world.log.bytesMax = 1_000;
  const producer = await world.producer('tx');
  assert.deepEqual(await world.enrol('tx', producer), ['NONE']);
  const many = Array.from({ length: 200 }, (_, partition) => ({ topic: 'orders', partition }));
  assert.equal((await world.enrol('tx', producer, many))[0], 'UNKNOWN_SERVER_ERROR');
  assert.deepEqual(await world.end('tx', producer), { producerId: 1000, producerEpoch: 1 });
});

test('a partition remembers only so many transactional ids', async () => {
  const world = new TransactionWorld();
  const nowMs = world.time.nowMs();
  const many = Array.from({ length: TRANSACTIONAL_IDS_MAX - 1 }, (_, index) => {
    return [`tx${index}`, created(index, 60_000, nowMs)] as const;
  });
  await world.history(many);
  const [last, beyond] = [world.init('the last'), world.init('one more')];
  assert.deepEqual(await last, { producerId: 1000, producerEpoch: 0 });
  assert.equal(await beyond, 'POLICY_VIOLATION');
  assert.deepEqual(await world.init('tx7'), { producerId: 7, producerEpoch: 1 });
});

test('long transactional ids count for many, and room comes back when they expire', async () => {
  const world = new TransactionWorld({ transactionalIdExpirationMs: 1_000 });
  const room = Math.floor(TRANSACTIONAL_ID_LETTERS_MAX / 32_000);
  for (let index = 0; index < room; index++) await world.init(`${index}`.padStart(32_000, 'x'));
  assert.equal(await world.init('y'.repeat(32_000)), 'POLICY_VIOLATION');
  await world.pass(2 * 3_600_000);
  assert.deepEqual(await world.init('y'.repeat(32_000)), { producerId: 1000 + room, producerEpoch: 0 });
});

test('while a change is not committed, another one is told to come again', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  world.log.isCommitting = false;
  const first = world.enrol('tx', producer);
  const second = [world.enrol('tx', producer, ORDERS), world.end('tx', producer), world.init('tx')];
  await world.settle();
  world.log.commit(0);
  assert.deepEqual(await first, ['NONE']);
  const told = (await Promise.all(second)).flat();
  assert.deepEqual(new Set(told), new Set(['CONCURRENT_TRANSACTIONS']));
});
