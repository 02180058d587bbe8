import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AckMode } from '../../src/listener/config/kafka-settings.ts';
import { PendingCommits } from '../../src/listener/container/pending-commits.ts';

const record = (offset: number, partition = 0) => ({ topic: 't', partition, offset, leaderEpoch: 1 });

function commits(ackMode: AckMode, ackCount = 3, ackTimeMs = 100): PendingCommits {
  return new PendingCommits({ ackMode, ackCount, ackTimeMs }, 0);
}

const offsets = (due: readonly { readonly partition: number; readonly offset: number }[]): string =>
  due.map(({ partition, offset }) => `${partition}:${offset}`).join(' ');

test('record: each record at once; batch: at the end of a fetch', () => {
  const each = commits('record');
  assert.equal(offsets(each.done(record(5), 'handled', 0)), '0:6');
  assert.equal(offsets(each.batchEnded(record(6), 0)), '');
  const batch = commits('batch');
  assert.equal(offsets(batch.done(record(5), 'handled', 0)), '');
  assert.equal(offsets(batch.done(record(6), 'passed-over', 0)), '');
  assert.equal(offsets(batch.batchEnded(record(7), 0)), '0:7');
  assert.equal(offsets(batch.all(0)), '');
});

test('the end of a fetch may lie past markers of transactions', () => {
  for (const mode of ['record', 'batch'] as const) {
    const pending = commits(mode);
    pending.done(record(5), 'handled', 0);
    assert.equal(offsets(pending.batchEnded(record(8), 0)), '0:8', mode);
    assert.equal(offsets(pending.all(0)), '', mode);
  }
});

test('count, time, and whichever comes first', () => {
  const count = commits('count');
  assert.equal(offsets(count.done(record(1), 'handled', 0)), '');
  assert.equal(offsets(count.done(record(1, 1), 'handled', 0)), '');
  assert.equal(offsets(count.done(record(2), 'handled', 0)), '0:3 1:2');
  const time = commits('time');
  assert.equal(offsets(time.done(record(1), 'handled', 99)), '');
  assert.equal(offsets(time.done(record(2), 'handled', 100)), '0:3');
  assert.equal(offsets(time.batchEnded(record(3), 150)), '');
  const both = commits('count_time');
  assert.equal(offsets(both.done(record(1), 'handled', 150)), '0:2');
  both.done(record(2), 'handled', 151);
  both.done(record(3), 'handled', 152);
  assert.equal(offsets(both.done(record(4), 'handled', 153)), '0:5');
});

test('manual: nothing that was not acknowledged; immediately or at the end of the fetch', () => {
  const manual = commits('manual');
  manual.delivered(record(1));
  assert.equal(offsets(manual.done(record(1), 'handled', 0)), '');
  assert.equal(offsets(manual.batchEnded(record(2), 0)), '');
  assert.equal(offsets(manual.acknowledged(record(1))), '');
  assert.equal(offsets(manual.batchEnded(record(2), 0)), '0:2');
  const immediate = commits('manual_immediate');
  immediate.delivered(record(1));
  assert.equal(offsets(immediate.acknowledged(record(1))), '0:2');
  assert.equal(offsets(immediate.batchEnded(record(2), 0)), '');
});

test('manual: a record that was passed over counts only when nothing before it is open', () => {
  const pending = commits('manual');
  assert.equal(offsets(pending.done(record(0), 'passed-over', 0)), '');
  assert.equal(offsets(pending.all(0)), '0:1', 'nothing was open');
  pending.delivered(record(1));
  pending.done(record(1), 'handled', 0);
  pending.done(record(2), 'passed-over', 0);
  assert.equal(offsets(pending.all(0)), '', 'record 1 is not acknowledged');
  pending.delivered(record(3));
  pending.done(record(3), 'passed-over', 0);
  assert.equal(offsets(pending.all(0)), '', 'record 1 still is not, though 3 was given up');
  pending.acknowledged(record(1));
  pending.acknowledged(record(3));
  pending.delivered(record(4));
  pending.done(record(4), 'passed-over', 0);
  assert.equal(offsets(pending.all(0)), '0:5', 'the last one was given up, all before is acknowledged');
});

test('an acknowledgement that comes late takes nothing back', () => {
  const pending = commits('manual');
  pending.delivered(record(1));
  pending.delivered(record(2));
  pending.acknowledged(record(2));
  pending.acknowledged(record(1));
  assert.equal(offsets(pending.all(0)), '0:3');
});

test('partitions that go away take along what is theirs', () => {
  const pending = commits('batch');
  pending.done(record(1, 0), 'handled', 0);
  pending.done(record(4, 1), 'handled', 0);
  assert.equal(offsets(pending.release([{ topic: 't', partition: 1 }])), '1:5');
  assert.equal(offsets(pending.all(0)), '0:2');
});
