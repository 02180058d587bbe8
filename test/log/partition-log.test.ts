import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { LogFixture, batchOf, readAll, valuesOf } from './log-fixture.ts';

test('what was appended is read back with its offsets', () => {
  const fixture = new LogFixture();
  assert.equal(fixture.append(batchOf(['a', 'b'])).firstOffset, 0);
  assert.equal(fixture.append(batchOf(['c'])).firstOffset, 2);
  const records = readAll(fixture.log);
  assert.deepEqual(valuesOf(records), ['a', 'b', 'c']);
  assert.deepEqual(
    records.map(({ offset }) => offset),
    [0, 1, 2],
  );
});

test('what was written survives kill -9', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a', 'b']));
  fixture.append(batchOf(['c']));
  const log = fixture.killAndReopen();
  assert.equal(log.logEndOffset, 3);
  assert.deepEqual(valuesOf(readAll(log)), ['a', 'b', 'c']);
});

test('offsets outside the log are out of range, its end is empty', () => {
  const { log, ...fixture } = new LogFixture();
  void fixture;
  assert.equal(log.read({ offset: 1, bytesMax: 1, upperOffset: 9, minOneBatch: true }).error, E.OFFSET_OUT_OF_RANGE);
  const empty = log.read({ offset: 0, bytesMax: 1, upperOffset: 9, minOneBatch: true });
  assert.equal(empty.error, E.NONE);
  assert.equal(empty.bytes, 0);
});
