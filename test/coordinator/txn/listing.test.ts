import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORDERS, TransactionWorld } from './transaction-world.ts';

const ALL = { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null };

async function listed(
  world: TransactionWorld,
  filter: Partial<Parameters<TransactionWorld['coordinator']['listTransactions']>[0]>,
) {
  const answered = world.coordinator.listTransactions({ ...ALL, ...filter });
  await world.settle();
  const { errorCode, unknownStateFilters, transactionStates } = await answered;
  const names = transactionStates.map(({ transactionalId }) => transactionalId).toSorted();
  return { errorCode, unknown: unknownStateFilters, names };
}

test('transactions of all partitions are listed, by state, producer, duration and pattern', async () => {
  const world = new TransactionWorld();
  world.partitionsOfLog = 5;
  world.restart();
  const idle = await world.producer('idle');
  for (const id of ['long', 'short']) {
    const producer = await world.producer(id);
    await world.enrol(id, producer, ORDERS);
    if (id === 'long') await world.pass(5_000);
  }
  const none = { errorCode: 0, unknown: [] };
  assert.deepEqual(await listed(world, {}), { ...none, names: ['idle', 'long', 'short'] });
  assert.deepEqual(await listed(world, { stateFilters: ['Ongoing'] }), { ...none, names: ['long', 'short'] });
  assert.deepEqual(await listed(world, { stateFilters: ['Odd'] }), { errorCode: 0, unknown: ['Odd'], names: [] });
  assert.deepEqual(await listed(world, { producerIdFilters: [idle.producerId] }), { ...none, names: ['idle'] });
  assert.deepEqual(await listed(world, { stateFilters: ['Ongoing'], durationFilter: 4_999 }), {
    ...none,
    names: ['long'],
  });
  assert.deepEqual(await listed(world, { transactionalIdPattern: 'short' }), { ...none, names: ['short'] });
  assert.equal((await listed(world, { transactionalIdPattern: '*' })).errorCode, 128);
});

test('while a partition is loading there is no whole listing', async () => {
  const world = new TransactionWorld();
  const producer = await world.producer('tx');
  const many = Array.from({ length: 4_000 }, (_, partition) => ({ topic: 'orders', partition }));
  for (let count = 1; count < 200; count++) await world.enrol('tx', producer, many.slice(0, count * 20));
  world.restart();
  const answered = world.coordinator.listTransactions(ALL);
  assert.equal((await answered).errorCode, 14);
  await world.settle();
  assert.deepEqual((await listed(world, {})).names, ['tx']);
});
