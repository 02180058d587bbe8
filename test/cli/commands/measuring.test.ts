import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerPerfStats } from '../../../src/cli/commands/perf/producer-perf-stats.ts';
import { Backlog } from '../../../src/cli/tools/backlog.ts';
import { readInternalRecord } from '../../../src/cli/tools/internal-records.ts';
import { simpleDate } from '../../../src/cli/tools/java-date.ts';
import { javaFloat } from '../../../src/cli/tools/java-text.ts';
import { Silence } from '../../../src/cli/tools/silence.ts';
import { Throttle } from '../../../src/cli/tools/throttle.ts';
import { encodeGroupRecord } from '../../../src/coordinator/group/group-records.ts';
import { VirtualTime } from '../../../src/runtime/virtual-time.ts';

test('a report comes at its interval, the summary with percentiles at the end', () => {
  const stats = new ProducerPerfStats(4, 0, 1000);
  assert.deepEqual(stats.record(10, 524_288, 500), []);
  assert.deepEqual(stats.record(20, 524_288, 1000), [
    '2 records sent, 2.0 records/sec (1.00 MB/sec), 15.0 ms avg latency, 20.0 ms max latency.',
  ]);
  stats.record(30, 524_288, 1100);
  stats.record(40, 524_288, 1200);
  assert.equal(
    stats.total(2000),
    '4 records sent, 2.000000 records/sec (1.00 MB/sec), 25.00 ms avg latency, 40.00 ms max latency, 30 ms 50th, 40 ms 95th, 40 ms 99th, 40 ms 99.9th.',
  );
});

test('what comes after the warm-up is steady', () => {
  const stats = new ProducerPerfStats(1, 0, 1000, true);
  assert.equal(stats.record(5, 10, 1000)[0], 'In steady state.');
  assert.match(stats.total(1000), /^1 steady state records sent, /);
});

test('a throttle lets pass as many as its pace allows', () => {
  const time = new VirtualTime();
  const throttle = new Throttle({ clock: time, timers: time }, 100);
  assert.equal(throttle.waitMs(0), 0);
  assert.equal(throttle.waitMs(5), 50);
  assert.equal(new Throttle({ clock: time, timers: time }, -1).waitMs(1e6), 0);
  assert.equal(new Throttle({ clock: time, timers: time }, 0).waitMs(1), Number.POSITIVE_INFINITY);
});

test('silence is told when nothing was heard for its time, counted anew from each word', () => {
  const time = new VirtualTime();
  let isBroken = false;
  const silence = new Silence({ clock: time, timers: time }, 1000, () => {
    isBroken = true;
  });
  time.advance(900);
  silence.heard();
  time.advance(900);
  assert.equal(isBroken, false);
  time.advance(200);
  assert.equal(isBroken, true);
  assert.equal(silence.isBroken, true);
});

test('who sends waits while too much is on its way', async () => {
  const backlog = new Backlog(100, 2);
  await backlog.room();
  backlog.add(60);
  backlog.add(60);
  assert.equal(backlog.isFull, true);
  const waiting = backlog.room();
  backlog.settled(60);
  await waiting;
  assert.equal(backlog.count, 1);
});

test('dates and floats are written as Java writes them', () => {
  const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
  assert.equal(simpleDate(time, 'yyyy-MM-dd HH:mm:ss:SSS'), '2026-01-02 03:04:05:006');
  assert.equal(simpleDate(time, "yy/M/d 'at' H''"), "26/1/2 at 3'");
  assert.equal(javaFloat(Math.fround(0.3)), '0.3');
  assert.equal(javaFloat(16_777_216), '1.6777216E7');
});

test('records of internal topics are told as the JSON of Kafka', () => {
  const { key, value } = encodeGroupRecord({
    type: 'offset',
    group: 'g',
    topic: 't',
    partition: 3,
    value: {
      offset: 1,
      leaderEpoch: -1,
      metadata: '',
      commitTimestamp: 5,
      expireTimestamp: -1,
      topicId: 'dv_nkVxBRDu26ajl4ALDZQ',
    },
  });
  const record = readInternalRecord('offsets', key, value);
  assert.ok('type' in record);
  assert.equal(record.key, '{"group":"g","topic":"t","partition":3}');
  assert.equal(
    record.value?.data,
    '{"offset":1,"leaderEpoch":-1,"metadata":"","commitTimestamp":5,"topicId":"dv_nkVxBRDu26ajl4ALDZQ"}',
  );
  assert.deepEqual(readInternalRecord('transactions', Buffer.from([0, 9]), null), { unknownType: 9 });
});
