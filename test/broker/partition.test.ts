import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Partition } from '../../src/broker/replicas/partition.ts';
import { Turn } from '../../src/broker/turn.ts';
import { E, type ErrorSpec } from '../../src/protocol/errors.ts';
import { VirtualTime } from '../../src/runtime/virtual-time.ts';
import { batchOf, LogFixture, NOW_MS } from '../log/log-fixture.ts';
import { aloneServices, ALONE } from './replica-fixture.ts';

const SELF = 1;

function given(flushPolicy: 'os' | 'group' = 'os') {
  const fixture = new LogFixture({ config: { flushPolicy } });
  const turn = new Turn(new VirtualTime(), fixture.logger);
  const { log } = fixture;
  const partition = new Partition({
    log,
    topic: 'orders',
    topicId: log.topicId,
    index: 0,
    leadership: ALONE,
    services: aloneServices(SELF, turn),
  });
  turn.run(() => partition.start());
  const append = (...waiters: ((error: ErrorSpec) => void)[]) =>
    turn.run(() => {
      const { lastOffset } = partition.appendAsLeader(batchOf(['a']), { origin: 'client', nowMs: NOW_MS });
      for (const appended of waiters) partition.whenCommitted(lastOffset + 1, { appended });
    });
  return { log, turn, partition, append, logger: fixture.logger };
}

test('the epoch of a leader begins at the log end, also when it never writes', () => {
  const { log, turn, partition, append } = given();
  append();
  append();
  turn.run(() => partition.changeLeadership({ ...ALONE, leaderEpoch: 4, partitionEpoch: 1 }));
  assert.deepEqual(log.endOffsetForEpoch(3), { epoch: 3, endOffset: 2 });
  assert.deepEqual(log.endOffsetForEpoch(4), { epoch: 4, endOffset: 2 });
});

test('a broker that does not lead begins no epoch', () => {
  const { log, turn, partition, append } = given();
  append();
  turn.run(() => partition.changeLeadership({ ...ALONE, leader: 2, leaderEpoch: 4, replicas: [SELF, 2] }));
  assert.equal(log.leaderEpochs.latestEpoch, 3);
  assert.equal(partition.check(-1), E.NOT_LEADER_OR_FOLLOWER);
});

test('a waiter that fails hurts nobody else, and nobody is told twice', () => {
  const { append, logger } = given();
  const told: string[] = [];
  append(
    () => {
      told.push('first');
      throw new Error('a fault in an answer');
    },
    () => told.push('second'),
  );
  append(() => told.push('third'));
  assert.deepEqual(told, ['first', 'second', 'third']);
  const faults = logger.lines.filter(({ level }) => level === 'error');
  assert.equal(faults.length, 1);
});

test('a reader that fails hurts no other reader', () => {
  const { partition, append } = given();
  let grown = 0;
  partition.addDataWaiter(
    {
      grown: () => {
        throw new Error('a fault in an answer');
      },
      changed: () => {},
    },
    false,
  );
  partition.addDataWaiter({ grown: (bytes) => (grown += bytes), changed: () => {} }, false);
  append();
  assert.equal(grown, batchOf(['a']).length);
});

test('however many turns pass during a sync, the partition waits for it once', () => {
  const { log, append } = given('group');
  const whenSettled = log.whenSettled.bind(log);
  let waits = 0;
  log.whenSettled = (offset, done) => {
    waits++;
    whenSettled(offset, done);
  };
  for (let turn = 0; turn < 100; turn++) append();
  assert.equal(waits, 1);
});

test('acks=all waits while the in-sync set is too small, and fails when the leadership moves', () => {
  const { turn, partition, append } = given();
  turn.run(() => partition.changeLeadership({ ...ALONE, replicas: [SELF, 2], isr: [SELF, 2], partitionEpoch: 1 }));
  const told: string[] = [];
  append((error) => told.push(error.name));
  assert.deepEqual(told, []);
  turn.run(() => partition.changeLeadership({ ...ALONE, leader: 2, leaderEpoch: 4, replicas: [SELF, 2] }));
  assert.deepEqual(told, ['NOT_LEADER_OR_FOLLOWER']);
});

test('records are deleted when the followers that are up have let go of them too', () => {
  const { turn, partition, append, log } = given();
  const isr = [SELF, 2];
  turn.run(() => partition.changeLeadership({ ...ALONE, replicas: isr, isr, partitionEpoch: 1 }));
  append();
  append();
  const contact = { fetchedMs: 0 };
  const fetched = (logStartOffset: number): void =>
    turn.run(() => partition.followerFetched({ brokerId: 2, brokerEpoch: 1, offset: 2, logStartOffset, contact }));
  fetched(0);
  assert.equal(log.deleteRecordsBefore(2), E.NONE);
  const told: string[] = [];
  turn.run(() => partition.whenDeleted(2, { appended: (error) => told.push(error.name) }));
  assert.deepEqual([told, partition.lowWatermark], [[], 0]);
  fetched(1);
  assert.deepEqual([told, partition.lowWatermark], [[], 1]);
  fetched(2);
  assert.deepEqual([told, partition.lowWatermark], [['NONE'], 2]);
});

test('who waits for records to be deleted hears that another leads', () => {
  const { turn, partition, append, log } = given();
  turn.run(() => partition.changeLeadership({ ...ALONE, replicas: [SELF, 2], partitionEpoch: 1 }));
  append();
  assert.equal(log.deleteRecordsBefore(1), E.NONE);
  const told: string[] = [];
  turn.run(() => partition.whenDeleted(1, { appended: (error) => told.push(error.name) }));
  turn.run(() => partition.changeLeadership({ ...ALONE, leader: 2, leaderEpoch: 4, replicas: [SELF, 2] }));
  assert.deepEqual(told, ['NOT_LEADER_OR_FOLLOWER']);
});
