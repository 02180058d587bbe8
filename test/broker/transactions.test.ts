import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetch } from '../../src/protocol/messages/001-fetch.ts';
import { produce } from '../../src/protocol/messages/000-produce.ts';
import { describeProducers } from '../../src/protocol/messages/061-describe-producers.ts';
import { listOffsets } from '../../src/protocol/messages/002-list-offsets.ts';
import { writeTxnMarkers } from '../../src/protocol/messages/027-write-txn-markers.ts';
import { BrokerFixture, fetchOf, produceOf, valuesIn } from './broker-fixture.ts';
import {
  TV1,
  TV2,
  TransactionalProducer,
  committedOffset,
  errorName,
  readCommitted,
  type TransactionVersions,
} from './transactional-producer.ts';

const SETTINGS = { 'transaction.state.log.num.partitions': 1 };

async function starting(settings: Readonly<Record<string, string | number | boolean>> = {}): Promise<BrokerFixture> {
  const fixture = await BrokerFixture.start({ settings: { ...SETTINGS, ...settings } });
  await fixture.createTopic('t', { partitions: 2 });
  return fixture;
}

function producing(fixture: BrokerFixture, versions: TransactionVersions = TV2, id = 'tx') {
  return new TransactionalProducer(fixture, id, versions).init();
}

/** What makes a producer's batches part of a transaction. */
async function enrolled(producer: TransactionalProducer, ...partitions: number[]): Promise<void> {
  if (producer.versions === TV1) assert.equal(await producer.add('t', ...partitions), 'NONE');
}

for (const versions of [TV1, TV2]) {
  const name = versions === TV1 ? 'version 1' : 'version 2';

  test(`committed records are seen, aborted ones are not, and nothing before the decision (${name})`, async () => {
    const fixture = await starting();
    const producer = await producing(fixture, versions);
    for (const [commits, value] of [
      [true, 'a'],
      [false, 'b'],
      [true, 'c'],
    ] as const) {
      await enrolled(producer, 0, 1);
      assert.equal(await producer.send('t', [`${value}0`]), 'NONE');
      assert.equal(await producer.send('t', [`${value}1`], { partition: 1 }), 'NONE');
      assert.equal(await producer.send('t', [`${value}2`]), 'NONE');
      const before = await readCommitted(fixture, 't');
      assert.ok(!before.values.includes(`${value}0`));
      assert.ok(before.lastStableOffset < before.highWatermark);
      assert.equal(await producer.end(commits), 'NONE');
    }
    assert.deepEqual((await readCommitted(fixture, 't')).values, ['a0', 'a2', 'c0', 'c2']);
    assert.deepEqual((await readCommitted(fixture, 't', 1)).values, ['a1', 'c1']);
    producer.close();
    await fixture.close();
  });

  test(`offsets of a transaction count when it is committed (${name})`, async () => {
    const fixture = await starting();
    const producer = await producing(fixture, versions);
    for (const [commits, offset, expected] of [
      [false, 5, -1],
      [true, 7, 7],
      [false, 9, 7],
    ] as const) {
      if (versions === TV1) assert.equal(await producer.addOffsets('g'), 'NONE');
      assert.equal(await producer.commitOffset('g', 't', offset), 'NONE');
      assert.equal(await committedOffset(fixture, 'g', 't'), 'UNSTABLE_OFFSET_COMMIT');
      assert.equal(await producer.end(commits), 'NONE');
      assert.equal(await committedOffset(fixture, 'g', 't'), expected);
    }
    producer.close();
    await fixture.close();
  });

  test(`an open transaction lives through a restart and through kill -9 (${name})`, async () => {
    const fixture = await starting();
    const producer = await producing(fixture, versions);
    await enrolled(producer, 0);
    await producer.send('t', ['a']);
    producer.close();
    await fixture.close();
    await fixture.start();
    assert.deepEqual((await readCommitted(fixture, 't')).values, []);
    assert.equal(await producer.send('t', ['b']), 'NONE');
    producer.close();
    await fixture.kill();
    await fixture.start();
    assert.equal((await readCommitted(fixture, 't')).lastStableOffset, 0);
    assert.equal(await producer.send('t', ['c']), 'NONE');
    assert.equal(await producer.end(true), 'NONE');
    assert.deepEqual((await readCommitted(fixture, 't')).values, ['a', 'b', 'c']);
    producer.close();
    await fixture.close();
  });
}

test('without AddPartitionsToTxn a batch of version 1 is refused, in the words of its version', async () => {
  const fixture = await starting();
  const producer = await producing(fixture, TV1);
  assert.equal(await producer.send('t', ['a'], { version: 11 }), 'TRANSACTION_ABORTABLE');
  assert.equal(await producer.send('t', ['a'], { version: 10, sequence: 0 }), 'INVALID_TXN_STATE');
  producer.close();
  await fixture.close();
});

test('without verification a batch of version 1 begins a transaction by itself', async () => {
  const fixture = await starting({ 'transaction.partition.verification.enable': false });
  const producer = await producing(fixture, TV1);
  assert.equal(await producer.send('t', ['a'], { version: 11 }), 'NONE');
  assert.equal((await readCommitted(fixture, 't')).lastStableOffset, 0);
  producer.close();
  await fixture.close();
});

test('one request holds batches of one producer, and says its transactional id', async () => {
  const fixture = await starting();
  const producer = await producing(fixture);
  const other = await producing(fixture, TV2, 'other');
  assert.equal(await producer.send('t', ['a'], { transactionalId: null }), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
  const one = producer.request('t', ['a'], { sequence: 0 });
  const two = other.request('t', ['a'], { partition: 1 });
  const both = { ...one, topicData: [...one.topicData, ...two.topicData] };
  const { responses } = await producer.call(produce, 12, both);
  for (const { partitionResponses } of responses) {
    assert.equal(errorName(partitionResponses[0]!.errorCode), 'INVALID_PRODUCER_ID_MAPPING');
  }
  assert.equal(await fixture.offset('t'), 0);
  producer.close();
  other.close();
  await fixture.close();
});

test('batches that come while the coordinator is asked keep their order', async () => {
  const fixture = await starting();
  const producer = await producing(fixture);
  const client = await producer.client();
  const sent = client.together(() =>
    Array.from({ length: 20 }, (_, index) =>
      client.send(produce, 12, producer.request('t', [`${index}`.repeat(300)], { partition: index % 3 === 0 ? 1 : 0 })),
    ),
  );
  for (const { response } of sent) assert.equal(producer.told(await fixture.done(response)), 'NONE');
  assert.deepEqual(
    client.answered.slice(-20),
    sent.map(({ correlationId }) => correlationId),
  );
  assert.equal(await producer.end(true), 'NONE');
  const all = Array.from({ length: 20 }, (_, index) => index);
  const expected = (partition: number) =>
    all.filter((index) => (index % 3 === 0 ? 1 : 0) === partition).map((index) => `${index}`.repeat(300));
  assert.deepEqual((await readCommitted(fixture, 't')).values, expected(0));
  assert.deepEqual((await readCommitted(fixture, 't', 1)).values, expected(1));
  producer.close();
  await fixture.close();
});

test('a reader of committed records waits until a marker lets it on', async () => {
  const fixture = await starting();
  const producer = await producing(fixture);
  await producer.send('t', ['a']);
  const reader = await fixture.connect();
  const wish = { ...fetchOf('t', { maxWaitMs: 5000 }), isolationLevel: 1 };
  const read = reader.send(fetch, 12, wish).response;
  await producer.send('t', ['b']);
  assert.equal(await fixture.isDone(read), false, 'what is not decided is no reason to answer');
  await producer.end(true);
  assert.equal(await fixture.isDone(read), true);
  const { responses } = await read;
  assert.deepEqual(valuesIn(responses[0]!.partitions[0]!.records).slice(0, 2), ['a', 'b']);
  const patient = reader.send(fetch, 12, {
    ...wish,
    minBytes: 500,
    topics: fetchOf('t', { offset: 3 }).topics,
  }).response;
  await fixture.call(produce, 12, produceOf('t', ['c']));
  assert.equal(await fixture.isDone(patient), false, 'too little');
  await fixture.call(produce, 12, produceOf('t', ['d'.repeat(500)]));
  assert.equal(await fixture.isDone(patient), true);
  producer.close();
  reader.close();
  await fixture.close();
});

test('ListOffsets of committed records ends at the last stable offset', async () => {
  const fixture = await starting();
  const producer = await producing(fixture);
  await fixture.call(produce, 12, produceOf('t', ['x']));
  await producer.send('t', ['a']);
  const latest = async (isolationLevel: number) => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }];
    const { topics } = await fixture.call(listOffsets, 7, {
      replicaId: -1,
      isolationLevel,
      timeoutMs: 0,
      topics: [{ name: 't', partitions }],
    });
    return topics[0]!.partitions[0]!.offset;
  };
  assert.deepEqual([await latest(0), await latest(1)], [2, 1]);
  await producer.end(false);
  assert.deepEqual([await latest(0), await latest(1)], [3, 3]);
  producer.close();
  await fixture.close();
});

test('a hanging transaction is described and ended by a marker', async () => {
  const fixture = await starting({ 'transaction.partition.verification.enable': false });
  const producer = await producing(fixture, TV1);
  await producer.send('t', ['a']);
  const described = async () => {
    const { topics } = await fixture.call(describeProducers, 0, { topics: [{ name: 't', partitionIndexes: [0] }] });
    return topics[0]!.partitions[0]!.activeProducers[0]!;
  };
  const { currentTxnStartOffset, coordinatorEpoch, producerEpoch, producerId } = await described();
  assert.deepEqual([currentTxnStartOffset, coordinatorEpoch, producerEpoch], [0, -1, 0]);
  const marker = {
    producerId,
    producerEpoch,
    transactionResult: false,
    coordinatorEpoch: 3,
    topics: [
      { name: 't', partitionIndexes: [0, 7] },
      { name: 'none', partitionIndexes: [0] },
    ],
  };
  const { markers } = await fixture.call(writeTxnMarkers, 1, { markers: [marker] });
  const told = markers[0]!.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorName(errorCode)));
  assert.deepEqual(told, ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION']);
  const after = await described();
  assert.deepEqual([after.currentTxnStartOffset, after.coordinatorEpoch], [-1, 3]);
  const older = await fixture.call(writeTxnMarkers, 1, { markers: [{ ...marker, coordinatorEpoch: 2 }] });
  assert.equal(errorName(older.markers[0]!.topics[0]!.partitions[0]!.errorCode), 'TRANSACTION_COORDINATOR_FENCED');
  assert.deepEqual((await readCommitted(fixture, 't')).values, []);
  producer.close();
  await fixture.close();
});

test('a batch that waits for the coordinator outlives the frame it came in', async () => {
  const fixture = await starting({ 'posthorn.flush.policy': 'group' });
  const producer = await producing(fixture);
  const client = await producer.client();
  fixture.held.hold('__transaction_state');
  const sent = client.send(produce, 12, producer.request('t', ['kept'])).response;
  assert.equal(await fixture.isDone(sent), false);
  const other = await fixture.connect();
  const overwriting = other.send(produce, 12, produceOf('t', ['x'.repeat(2000)], { partition: 1 })).response;
  await fixture.done(overwriting);
  fixture.held.release();
  assert.equal(producer.told(await fixture.done(sent)), 'NONE');
  assert.equal(await producer.end(true), 'NONE');
  await fixture.time.settle();
  assert.deepEqual((await readCommitted(fixture, 't')).values, ['kept']);
  producer.close();
  other.close();
  await fixture.close();
});
