import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { buildEndTxnBatch } from '../../src/records/control-records.ts';
import type { Disk } from '../../src/runtime/disk.ts';
import { cuttingDisk } from './cutting-disk.ts';
import { LogFixture, NOW_MS, batchOf, type OpenOptions } from './log-fixture.ts';

interface Sent {
  readonly id?: number;
  readonly epoch?: number;
  readonly seq: number;
  readonly count?: number;
  readonly transactional?: boolean;
  readonly timestamp?: number;
}

function batch({ id = 4000, epoch = 0, seq, count = 1, transactional = false, timestamp }: Sent): Buffer {
  const values = Array.from({ length: count }, (_, index) => `${seq + index}`);
  return batchOf(values, { producerId: id, producerEpoch: epoch, baseSequence: seq, transactional }, timestamp);
}

class Producing extends LogFixture {
  /** The error and the offset of the answer; a duplicate is marked. */
  send(sent: Sent): string {
    const { error, firstOffset, isDuplicate } = this.append(batch(sent));
    return error === E.NONE ? `${firstOffset}${isDuplicate ? ' again' : ''}` : error.name;
  }

  end(options: { id?: number; epoch?: number; commit: boolean; coordinatorEpoch?: number }): ErrorSpec {
    const marker = buildEndTxnBatch({
      type: options.commit ? 1 : 0,
      coordinatorEpoch: options.coordinatorEpoch ?? 0,
      producerId: options.id ?? 4000,
      producerEpoch: options.epoch ?? 0,
      timestamp: NOW_MS,
    });
    const { error } = this.log.appendAsLeader(marker, { leaderEpoch: 0, origin: 'coordinator', nowMs: NOW_MS });
    this.log.writeStaged();
    this.log.setHighWatermark(this.log.logEndOffset);
    return error;
  }
}

function producing(options: OpenOptions = {}): Producing {
  return new Producing(options);
}

test('the answers of Kafka 4.3.1 to one producer', () => {
  const log = producing();
  assert.equal(log.send({ seq: 0 }), '0');
  assert.equal(log.send({ seq: 0 }), '0 again');
  assert.equal(log.send({ seq: 1, count: 2 }), '1');
  assert.equal(log.send({ seq: 1, count: 2 }), '1 again');
  assert.equal(log.send({ seq: 5 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 1, count: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  for (let seq = 3; seq <= 7; seq++) assert.equal(log.send({ seq }), `${seq}`);
  assert.equal(log.send({ seq: 0 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'six batches ago');
  assert.equal(log.send({ seq: 1, count: 2 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 3 }), '3 again', 'five batches ago');
  assert.equal(log.send({ seq: 0, epoch: 2 }), '8');
  assert.equal(log.send({ seq: 1, epoch: 1 }), 'INVALID_PRODUCER_EPOCH');
  assert.equal(log.send({ seq: 5, epoch: 3 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 0, epoch: 3 }), '9');
});

test('a producer that the log does not know may start anywhere', () => {
  const log = producing();
  assert.equal(log.send({ seq: 77 }), '0');
  assert.equal(log.send({ seq: 78 }), '1');
  assert.equal(log.send({ seq: 80 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
});

test('after sequence 2147483647 comes 0, also inside a batch', () => {
  const log = producing();
  assert.equal(log.send({ seq: 2_147_483_647 }), '0');
  assert.equal(log.send({ seq: 0 }), '1');
  assert.equal(log.send({ id: 1, seq: 2_147_483_646, count: 4 }), '2');
  assert.equal(log.send({ id: 1, seq: 2 }), '6');
  assert.equal(log.send({ id: 1, seq: 2_147_483_646, count: 4 }), '2 again');
});

test('a duplicate answers with the timestamp of the original', () => {
  const log = producing();
  log.append(batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }, NOW_MS - 50));
  const again = log.append(batchOf(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 }, NOW_MS - 50));
  assert.equal(again.isDuplicate, true);
  assert.deepEqual([again.firstOffset, again.lastOffset, again.logAppendTimeMs], [0, 0, NOW_MS - 50]);
  assert.equal(log.log.logEndOffset, 1);
});

test('duplicates and sequences are known after kill -9 and after a clean end', async () => {
  const log = producing();
  for (let seq = 0; seq < 7; seq++) log.send({ seq });
  log.killAndReopen();
  assert.equal(log.send({ seq: 6 }), '6 again');
  assert.equal(log.send({ seq: 2 }), '2 again');
  assert.equal(log.send({ seq: 7 }), '7');
  await log.log.close();
  log.open({ isClean: true });
  assert.equal(log.send({ seq: 7 }), '7 again');
  assert.equal(log.send({ seq: 9 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 8 }), '8');
});

test('each of the last five batches is known again after a clean end, and after a cut', async () => {
  const log = producing();
  for (let seq = 0; seq <= 6; seq++) log.send({ seq });
  await log.log.close();
  log.killAndReopen({ isClean: true, recoveryPoint: log.log.recoveryPoint });
  for (let seq = 2; seq <= 6; seq++) assert.equal(log.send({ seq }), `${seq} again`);
  assert.equal(log.send({ seq: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'six batches ago');
  assert.equal(log.send({ seq: 7 }), '7');
  log.log.truncateTo(7);
  assert.equal(log.send({ seq: 5 }), '5 again');
  assert.equal(log.send({ seq: 7 }), '7');
});

test('batches are known again whatever timestamps their records have', async () => {
  const log = producing();
  const timestamp = NOW_MS - 365 * 86_400_000;
  for (let seq = 0; seq <= 1; seq++) log.send({ seq, timestamp });
  await log.log.close();
  log.killAndReopen({ isClean: true, recoveryPoint: log.log.recoveryPoint });
  assert.equal(log.send({ seq: 0, timestamp }), '0 again');
  assert.equal(log.send({ seq: 1, timestamp }), '1 again');
  assert.equal(log.send({ seq: 2, timestamp }), '2');
});

test('batches are known again however many records they have', async () => {
  const log = producing();
  const count = 3000;
  for (let seq = 0; seq < 5 * count; seq += count) log.send({ seq, count });
  await log.log.close();
  log.killAndReopen({ isClean: true, recoveryPoint: log.log.recoveryPoint });
  for (let seq = 0; seq < 5 * count; seq += count) assert.equal(log.send({ seq, count }), `${seq} again`);
});

test('of a log that nobody wrote to for ten minutes only the last batch of a producer is read', async () => {
  const log = producing();
  for (let seq = 0; seq <= 2; seq++) log.send({ seq });
  await log.log.close();
  const modifiedMs = NOW_MS - 600_001;
  const wrap = (disk: Disk): Disk => ({
    ...cuttingDisk(disk),
    list: (path) => disk.list(path).map((entry) => ({ ...entry, modifiedMs })),
  });
  log.killAndReopen({ isClean: true, recoveryPoint: log.log.recoveryPoint, wrap });
  assert.equal(log.send({ seq: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 2 }), '2 again');
});

test('a damaged snapshot is passed over and the batches are asked', async () => {
  const log = producing();
  log.send({ seq: 0 });
  log.log.roll(NOW_MS);
  log.send({ seq: 1 });
  await log.log.close();
  for (const { name } of log.disk.list('/logs/orders-0')) {
    if (!name.endsWith('.snapshot')) continue;
    const file = log.disk.open(`/logs/orders-0/${name}`, 'existing');
    file.write(Buffer.from([0xff]), 12);
    file.close();
  }
  log.open({ isClean: true });
  assert.equal(log.send({ seq: 1 }), '1 again');
  assert.equal(log.send({ seq: 2 }), '2');
});

test('idle producers are forgotten, never one with an open transaction', () => {
  const log = producing();
  log.send({ id: 1, seq: 0 });
  log.send({ id: 2, seq: 0, transactional: true });
  assert.equal(log.log.expireProducers(NOW_MS + 999, 1000), 0);
  assert.equal(log.log.expireProducers(NOW_MS + 1000, 1000), 1);
  assert.equal(log.send({ id: 1, seq: 40 }), '2');
  assert.equal(log.send({ id: 2, seq: 40, transactional: true }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
});

test('an open transaction holds the last stable offset until its marker is below the high watermark', () => {
  const log = producing();
  log.send({ id: 9, seq: 0 });
  log.send({ seq: 0, transactional: true });
  log.send({ id: 9, seq: 1 });
  assert.equal(log.log.lastStableOffset, 1);
  assert.equal(log.end({ commit: true }), E.NONE);
  assert.equal(log.log.lastStableOffset, 4);
  assert.deepEqual(log.log.abortedTransactions(0, 4), []);
});

test('a marker at or above the high watermark keeps its transaction unstable', () => {
  const log = producing();
  log.send({ seq: 0, transactional: true });
  const before = log.log.highWatermark;
  log.end({ commit: true });
  const fresh = producing();
  fresh.send({ seq: 0, transactional: true });
  const marker = buildEndTxnBatch({ type: 1, coordinatorEpoch: 0, producerId: 4000, producerEpoch: 0, timestamp: 0 });
  fresh.log.appendAsLeader(marker, { leaderEpoch: 0, origin: 'coordinator', nowMs: NOW_MS });
  fresh.log.writeStaged();
  assert.equal(fresh.log.highWatermark, before);
  assert.equal(fresh.log.lastStableOffset, 0);
  fresh.log.setHighWatermark(2);
  assert.equal(fresh.log.lastStableOffset, 2);
});

test('aborted transactions are found by the offsets they overlap, also after a restart', () => {
  const log = producing();
  log.send({ id: 1, seq: 0, transactional: true }); // 0
  log.send({ id: 2, seq: 0, transactional: true }); // 1
  log.end({ id: 2, commit: false }); // 2, while 1 is still open
  log.send({ id: 1, seq: 1, transactional: true }); // 3
  log.end({ id: 1, commit: false }); // 4
  log.send({ id: 1, seq: 2, transactional: true }); // 5
  log.end({ id: 1, commit: true }); // 6
  const expected = [
    { producerId: 2, firstOffset: 1, lastOffset: 2, lastStableOffset: 0 },
    { producerId: 1, firstOffset: 0, lastOffset: 4, lastStableOffset: 5 },
  ];
  assert.deepEqual(log.log.abortedTransactions(0, 7), expected);
  assert.deepEqual(log.log.abortedTransactions(3, 7), [expected[1]]);
  assert.deepEqual(log.log.abortedTransactions(5, 7), []);
  assert.deepEqual(log.killAndReopen().abortedTransactions(0, 7), expected);
});

test('a non-transactional batch inside a transaction is refused', () => {
  const log = producing();
  log.send({ seq: 0, transactional: true });
  assert.equal(log.send({ seq: 1 }), 'INVALID_TXN_STATE');
});

test('markers of an older epoch or coordinator are refused', () => {
  const log = producing();
  log.send({ seq: 0, epoch: 3, transactional: true });
  assert.equal(log.end({ epoch: 2, commit: false }), E.INVALID_PRODUCER_EPOCH);
  assert.equal(log.end({ epoch: 3, coordinatorEpoch: 5, commit: true }), E.NONE);
  assert.equal(log.end({ epoch: 3, coordinatorEpoch: 4, commit: true }), E.TRANSACTION_COORDINATOR_FENCED);
});

test('after a marker of a new epoch sequences start at 0', () => {
  const log = producing();
  log.send({ seq: 0, epoch: 0, transactional: true });
  log.end({ epoch: 1, commit: true });
  assert.equal(log.send({ seq: 1, epoch: 1, transactional: true }), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.send({ seq: 0, epoch: 1, transactional: true }), '2');
});

test('producers are described', () => {
  const log = producing();
  log.send({ seq: 0, count: 3, transactional: true });
  assert.deepEqual(log.log.activeProducers(), [
    {
      producerId: 4000,
      producerEpoch: 0,
      lastSequence: 2,
      lastTimestamp: NOW_MS,
      coordinatorEpoch: -1,
      currentTxnStartOffset: 0,
    },
  ]);
});

test("a coordinator's own transactional batches carry no sequences", () => {
  const { log } = producing();
  const context = { leaderEpoch: 0, origin: 'coordinator', nowMs: NOW_MS } as const;
  for (let index = 0; index < 3; index++) {
    const commit = batchOf(['offset'], { producerId: 7, producerEpoch: 0, transactional: true });
    const result = log.appendAsLeader(commit, context);
    assert.equal(result.error, E.NONE, result.detail ?? '');
    assert.equal(result.isDuplicate, false);
  }
  assert.equal(log.logEndOffset, 3);
});
