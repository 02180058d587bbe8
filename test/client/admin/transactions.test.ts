import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionValuesOf, valuesOf } from '../../../src/client/admin/results.ts';
import { adminFor, codeOf, valueOf } from './admin-world.ts';

test('producers are fenced, and their transactions listed and described', async (context) => {
  const { admin } = await adminFor(context);
  const first = valueOf((await admin.fenceProducers(['x', 'y'])).get('x'));
  const again = valueOf((await admin.fenceProducers(['x'])).get('x'));
  assert.deepEqual([again.producerId, again.producerEpoch], [first.producerId, first.producerEpoch + 1]);
  const described = await admin.describeTransactions(['x', 'none']);
  const transaction = valueOf(described.get('x'));
  assert.deepEqual([transaction.state, transaction.producerId], ['Empty', first.producerId]);
  assert.equal(codeOf(described.get('none')), 'TRANSACTIONAL_ID_NOT_FOUND');
  const listed = await admin.listTransactions({ pattern: 'x.*', states: ['Empty'] });
  const coordinatorId = [...(await admin.describeCluster()).brokers][0]?.nodeId;
  assert.deepEqual(listed, [{ transactionalId: 'x', producerId: first.producerId, state: 'Empty', coordinatorId }]);
  assert.equal((await admin.listTransactions({ producerIds: [first.producerId] })).length, 1);
  await assert.rejects(admin.listTransactions({ states: ['Sleeping'] }), /"Sleeping" is no state/);
});

test('partitions tell their producers; a marker ends what hangs', async (context) => {
  const { admin } = await adminFor(context);
  valuesOf(await admin.createTopics([{ name: 'a' }]));
  const hanging = { topic: 'a', partition: 0, producerId: 5, producerEpoch: 3, coordinatorEpoch: 0 };
  await admin.abortTransaction(hanging);
  const [producer] =
    partitionValuesOf(await admin.describeProducers([{ topic: 'a', partition: 0 }]))
      .get('a')
      ?.get(0) ?? [];
  assert.deepEqual([producer?.producerId, producer?.producerEpoch], [5, 3]);
  assert.equal(producer?.transactionStartOffset, -1);
  const of = [{ topic: 'a', partition: 3 }];
  const missing = await admin.describeProducers(of, { brokerId: 1 });
  assert.equal(codeOf(missing.get('a')?.get(3)), 'UNKNOWN_TOPIC_OR_PARTITION');
  await assert.rejects(admin.abortTransaction({ ...hanging, producerEpoch: 2 }), { code: 'INVALID_PRODUCER_EPOCH' });
});
