import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../../src/client/index.ts';
import { exponentialBackOff, fixedBackOff } from '../../src/listener/container/back-off.ts';
import {
  deadLetterHeaders,
  deadLetterOrigin,
  DeadLetterHeader,
} from '../../src/listener/container/dead-letter-headers.ts';
import {
  backOffOf,
  errorHandlingOf,
  isRetryable,
  type UnreadRecord,
} from '../../src/listener/container/error-handling.ts';

const half = (): number => 0.5;

test('pauses: as many as there are retries', () => {
  const fixed = fixedBackOff(100, 2);
  assert.deepEqual(
    [1, 2, 3].map((attempt) => fixed(attempt, half)),
    [100, 100, undefined],
  );
  const growing = exponentialBackOff(4, { initialMs: 100, multiplier: 3, maxMs: 1000 });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((attempt) => growing(attempt, half)),
    [100, 300, 900, 1000, undefined],
  );
  const jittered = exponentialBackOff(1, { initialMs: 100, jitterMs: 50 });
  assert.deepEqual(
    [0, 0.5, 1].map((luck) => jittered(1, () => luck)),
    [50, 100, 150],
  );
  assert.throws(() => fixedBackOff(-1, 2), /intervalMs is -1; it has to be 0 or more/);
});

test('by default a record is tried ten times without a pause', () => {
  const pauses = backOffOf({});
  assert.deepEqual(
    [1, 9, 10].map((attempt) => pauses(attempt, half)),
    [0, 0, undefined],
  );
});

test('spring.kafka.retry.topic says attempts, pauses, and that dead letters are kept', () => {
  assert.deepEqual(errorHandlingOf(undefined), {});
  const settings = { attempts: 3, delayMs: 1000, multiplier: 1, maxDelayMs: 500, jitterMs: 0 };
  const handling = errorHandlingOf(settings);
  assert.equal(handling.deadLetters, true);
  assert.deepEqual(
    [1, 2, 3].map((attempt) => handling.backOff?.(attempt, half)),
    [1000, 1000, undefined],
  );
  const growing = errorHandlingOf({ ...settings, multiplier: 2, maxDelayMs: 1500 }).backOff;
  assert.deepEqual(
    [1, 2].map((attempt) => growing?.(attempt, half)),
    [1000, 1500],
  );
});

class Declined extends Error {}
class DeclinedForGood extends Declined {}

test('what is not retryable is not tried again, causes and subclasses included', () => {
  const handling = { notRetryable: [Declined] };
  assert.equal(isRetryable(handling, new Error('x')), true);
  assert.equal(isRetryable(handling, new DeclinedForGood()), false);
  assert.equal(isRetryable(handling, new Error('x', { cause: new Declined() })), false);
  assert.equal(isRetryable({ retryable: [Declined] }, new Error('x')), false);
  assert.equal(isRetryable({ retryable: [Declined] }, new DeclinedForGood()), true);
  assert.equal(isRetryable({}, new KafkaError('SERIALIZATION', 'no JSON')), false);
  const circle = new Error('x');
  circle.cause = circle;
  assert.equal(isRetryable(handling, circle), true);
});

const record: UnreadRecord = {
  topic: 'orders',
  partition: 3,
  offset: 2 ** 40,
  timestamp: 1_700_000_000_000,
  timestampType: 'create-time',
  leaderEpoch: 1,
  key: null,
  value: null,
  headers: [{ key: 'own', value: Buffer.from('1') }],
};

test("a dead letter has the headers that Spring's have, its numbers big-endian", () => {
  const headers = deadLetterHeaders(record, new Declined('no stock', { cause: new RangeError('x') }), 'stock');
  const value = (key: string): Buffer => Buffer.from(headers.find((header) => header.key === key)!.value!);
  assert.equal(value('own').toString(), '1');
  assert.equal(value('kafka_dlt-original-topic').toString(), 'orders');
  assert.deepEqual(value('kafka_dlt-original-partition'), Buffer.from([0, 0, 0, 3]));
  assert.deepEqual(value('kafka_dlt-original-offset'), Buffer.from([0, 0, 1, 0, 0, 0, 0, 0]));
  assert.equal(value('kafka_dlt-original-timestamp').readBigInt64BE(), 1_700_000_000_000n);
  assert.equal(value('kafka_dlt-original-timestamp-type').toString(), 'CreateTime');
  assert.equal(value('kafka_dlt-original-consumer-group').toString(), 'stock');
  assert.equal(value('kafka_dlt-exception-fqcn').toString(), 'Declined');
  assert.equal(value('kafka_dlt-exception-cause-fqcn').toString(), 'RangeError');
  assert.equal(value('kafka_dlt-exception-message').toString(), 'no stock');
  assert.match(value('kafka_dlt-exception-stacktrace').toString(), /^Error: no stock\n/);
  assert.deepEqual(deadLetterOrigin({ headers }), {
    topic: 'orders',
    partition: 3,
    offset: 2 ** 40,
    timestamp: 1_700_000_000_000,
    groupId: 'stock',
    exceptionName: 'Declined',
    exceptionMessage: 'no stock',
  });
  assert.equal(deadLetterOrigin(record), undefined);
});

test('a dead letter that fails again tells the last reason, and both origins', () => {
  const first = deadLetterHeaders(record, new Error('one'), 'a');
  const again = { ...record, topic: 'orders-dlt', partition: 0, offset: 9, headers: first };
  const headers = deadLetterHeaders(again, new Error('two'), 'b');
  assert.equal(headers.filter(({ key }) => key === DeadLetterHeader.exceptionMessage).length, 1);
  assert.equal(headers.filter(({ key }) => key === DeadLetterHeader.originalTopic).length, 2);
  const origin = deadLetterOrigin({ headers });
  assert.equal(origin?.topic, 'orders-dlt');
  assert.equal(origin.exceptionMessage, 'two');
});

test('an endless message does not make an endless header', () => {
  const headers = deadLetterHeaders(record, new Error('x'.repeat(1_000_000)), 'g');
  const size = headers.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  assert.ok(size < 30_000, `${size} bytes`);
});
