import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConsumerBatch } from '../../../src/client/consumer/consumer-batch.ts';
import { FetchSession } from '../../../src/client/consumer/fetch-session.ts';
import { indexFetched } from '../../../src/client/consumer/fetched-data.ts';
import { string } from '../../../src/client/serializers.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { Codec } from '../../../src/records/batch.ts';
import { buildEndTxnBatch, ControlType } from '../../../src/records/control-records.ts';

function batch(baseOffset: number, count: number, producerId = -1, codec: Codec = Codec.none): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({
    key: Buffer.from('k'),
    value: Buffer.from(`${baseOffset + index}`),
    headers: [{ key: 'h', value: Buffer.from('x') }],
    timestamp: 1000 + index,
  }));
  const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
  return buildBatch(records, { baseOffset, partitionLeaderEpoch: 3, codec, ...producer });
}

function marker(baseOffset: number, producerId: number, type: ControlType): Buffer {
  const end = type === ControlType.abort ? ControlType.abort : ControlType.commit;
  const options = { type: end, coordinatorEpoch: 0, producerId, producerEpoch: 0, timestamp: 1 };
  return buildEndTxnBatch({ ...options, baseOffset, partitionLeaderEpoch: 3 });
}

function read(
  batches: readonly Uint8Array[],
  fetchOffset = 0,
  abortedTransactions: { producerId: number; firstOffset: number }[] | null = null,
) {
  const fetched = { topic: 't', partition: 0, bytes: Buffer.concat(batches), fetchOffset, abortedTransactions };
  const index = indexFetched(fetched);
  const deserializers = { keyDeserializer: string, valueDeserializer: string };
  const made = new ConsumerBatch(fetched, index, 100, deserializers);
  return { index, records: [...made], batch: made };
}

for (const codec of Object.values(Codec)) {
  test(`records of codec ${codec} come whole and in order, without those before the offset asked for`, () => {
    const { index, records } = read([batch(0, 5, -1, codec), batch(5, 5, -1, codec)], 3);
    assert.deepEqual(
      records.map(({ offset, value }) => [offset, value]),
      [3, 4, 5, 6, 7, 8, 9].map((offset) => [offset, `${offset}`]),
    );
    assert.equal(index.nextOffset, 10);
    const [record] = records;
    assert.deepEqual(
      [record?.key, record?.timestamp, record?.leaderEpoch, record?.timestampType],
      ['k', 1003, 3, 'create-time'],
    );
    assert.deepEqual(
      record?.headers.map(({ key, value }) => [key, Buffer.from(value ?? []).toString()]),
      [['h', 'x']],
    );
  });
}

test('a tail that is cut off is left for the next fetch', () => {
  const whole = batch(0, 3);
  const { index, records } = read([whole, batch(3, 3).subarray(0, 70)]);
  assert.equal(records.length, 3);
  assert.equal(index.nextOffset, 3);
  assert.equal(index.size, whole.length);
});

test('committed readers see no aborted records, and everybody passes over markers', () => {
  const log = [
    batch(0, 2, 7),
    batch(2, 2, 8),
    marker(4, 7, ControlType.abort),
    batch(5, 1, 7),
    marker(6, 8, ControlType.commit),
    marker(7, 7, ControlType.commit),
  ];
  const committed = read(log, 0, [{ producerId: 7, firstOffset: 0 }]);
  assert.deepEqual(
    committed.records.map(({ offset }) => offset),
    [2, 3, 5],
  );
  assert.equal(committed.index.nextOffset, 8);
  assert.deepEqual(
    read(log).records.map(({ offset }) => offset),
    [0, 1, 2, 3, 5],
  );
});

test('a batch of nothing but aborted records is empty and moves on', () => {
  const { batch: made, index } = read([batch(0, 2, 7), marker(2, 7, ControlType.abort)], 0, [
    { producerId: 7, firstOffset: 0 },
  ]);
  assert.equal(made.isEmpty, true);
  assert.equal(index.nextOffset, 3);
});

test('a changed bit is told with its place', () => {
  const damaged = batch(4, 3);
  damaged[damaged.length - 1]! ^= 1;
  assert.throws(() => read([batch(0, 4), damaged]), { code: 'CORRUPT_MESSAGE', message: /t-0.*offset 4/ });
});

const wanted = (partition: number, fetchOffset: number) => ({
  topic: 't',
  topicId: 'id',
  partition,
  fetchOffset,
  currentLeaderEpoch: 0,
  lastFetchedEpoch: -1,
});

test('a session tells what changed, and what is no longer wanted', () => {
  const session = new FetchSession();
  const full = session.request([wanted(0, 0), wanted(1, 0)], true);
  assert.deepEqual([full.sessionId, full.sessionEpoch, full.partitions.length], [0, 0, 2]);
  assert.equal(session.answered(0, 42), true);
  const next = session.request([wanted(0, 5), wanted(1, 0)], true);
  assert.deepEqual([next.sessionId, next.sessionEpoch], [42, 1]);
  assert.deepEqual(next.partitions, [wanted(0, 5)]);
  session.answered(0, 42);
  const fewer = session.request([wanted(0, 5)], true);
  assert.deepEqual([fewer.sessionEpoch, fewer.partitions, fewer.forgotten], [2, [], [wanted(1, 0)]]);
});

test('a session that the broker forgot, or that would change how topics are named, starts over', () => {
  const session = new FetchSession();
  session.request([wanted(0, 0)], true);
  session.answered(0, 42);
  session.request([wanted(0, 0)], true);
  assert.equal(session.answered(70, 0), false);
  assert.deepEqual(session.request([wanted(0, 0)], true), {
    sessionId: 0,
    sessionEpoch: 0,
    partitions: [wanted(0, 0)],
    forgotten: [],
  });
  session.answered(0, 43);
  assert.equal(session.request([wanted(0, 0)], false).sessionEpoch, 0);
});
