import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { DIRECTORY, LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';
import { readFile, writeFile } from './kafka-directory.ts';

const size = batchOf(['0']).length;

function filled(count: number, options = {}): LogFixture {
  const fixture = new LogFixture(options);
  for (let index = 0; index < count; index++) fixture.append(batchOf([`${index}`]));
  return fixture;
}

test('gives the first batch whole, keeps the bound, never passes the upper offset', () => {
  const { log } = filled(10);
  const read = (offset: number, bytesMax: number, upperOffset: number, minOneBatch: boolean): number => {
    const slice = log.read({ offset, bytesMax, upperOffset, minOneBatch });
    assert.equal(slice.error, E.NONE);
    slice.release();
    return slice.bytes;
  };
  assert.equal(read(3, 0, 10, true), size);
  assert.equal(read(3, size - 1, 10, false), 0);
  assert.equal(read(3, size, 10, false), size);
  assert.equal(read(3, 3 * size, 10, false), 3 * size);
  assert.equal(read(3, 100 * size, 5, false), 2 * size);
  assert.equal(read(3, 100 * size, 99, true), 7 * size);
  assert.equal(read(5, 100, 5, true), 0);
  assert.equal(read(10, 100, 10, true), 0);
});

test('a slice starts with the batch that holds the offset', () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a', 'b', 'c']));
  fixture.append(batchOf(['d']));
  assert.deepEqual(valuesOf(readAll(fixture.log, 1)), ['b', 'c', 'd']);
  const slice = fixture.log.read({ offset: 2, bytesMax: 1e6, upperOffset: 4, minOneBatch: true });
  assert.equal(slice.bytes, fixture.log.sizeBytes);
  assert.equal(slice.upperBound, 4);
  slice.release();
});

test('what is staged is there for readers', () => {
  const fixture = new LogFixture();
  fixture.log.appendAsLeader(batchOf(['a']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['a']);
});

test('read buffers come back and are used again', () => {
  const fixture = filled(10);
  const request = { offset: 0, bytesMax: 1000, upperOffset: 10, minOneBatch: true };
  const first = fixture.log.read(request);
  const { buffer } = first.chunks[0]!;
  first.release();
  assert.ok(fixture.shared.buffers.idleBytes > 0);
  const second = fixture.log.read(request);
  assert.equal(second.chunks[0]?.buffer, buffer);
  assert.equal(fixture.shared.buffers.idleBytes, 0);
});

test('a long read comes in several blocks', () => {
  const fixture = new LogFixture();
  for (let index = 0; index < 30; index++) fixture.append(batchOf(['x'.repeat(100_000)]));
  const slice = fixture.log.read({ offset: 0, bytesMax: 1e9, upperOffset: 30, minOneBatch: true });
  assert.equal(slice.bytes, fixture.log.sizeBytes);
  assert.ok(slice.chunks.length > 1 && slice.chunks.every((chunk) => chunk.length <= 1024 * 1024));
});

test('a file that is no log where it is read takes the partition offline, with the place', () => {
  const fixture = filled(10, { config: { segmentBytes: 3 * size } });
  const path = `${DIRECTORY}/00000000000000000003.log`;
  const bytes = readFile(fixture.disk, path);
  bytes.fill(0xff, size, size + 20);
  writeFile(fixture.disk, path, bytes);
  const log = fixture.killAndReopen({ recoveryPoint: 9 });
  assert.equal(log.isOffline, false);
  assert.equal(log.read({ offset: 5, bytesMax: 99, upperOffset: 9, minOneBatch: true }).error, E.KAFKA_STORAGE_ERROR);
  assert.match(log.offlineReason ?? '', new RegExp(`${path} is damaged at position ${size}`));
});

test('a failed read takes the log offline', () => {
  const fixture = filled(3);
  fixture.disk.fail({ call: 'read', code: 'EIO', path: '.log' });
  const slice = fixture.log.read({ offset: 0, bytesMax: 99, upperOffset: 3, minOneBatch: true });
  assert.equal(slice.error, E.KAFKA_STORAGE_ERROR);
  assert.equal(fixture.diskFailures.length, 1);
});

test('timestamps are found over segments, batches and records', () => {
  const fixture = new LogFixture({ config: { indexIntervalBytes: 100 } });
  const times = [5, 3, 8, 8, 1, 20, 15, 30];
  for (const [index, time] of times.entries()) {
    if (index % 3 === 0) fixture.log.roll(NOW_MS);
    const records = [time, time + 1].map((at) => ({
      key: null,
      value: Buffer.from('v'),
      timestamp: NOW_MS - 1000 + at,
    }));
    fixture.append(buildBatch(records));
  }
  const all = times.flatMap((time) => [time, time + 1]);
  for (let wanted = 0; wanted <= 32; wanted++) {
    const expected = all.findIndex((time) => time >= wanted);
    assert.equal(fixture.log.offsetForTimestamp(NOW_MS - 1000 + wanted)?.offset ?? -1, expected, `from ${wanted}`);
  }
  assert.equal(fixture.log.offsetOfMaxTimestamp()?.offset, 15);
});

test('many segments are served by few open files', async () => {
  const fixture = filled(60, {
    limits: { openFilesMax: 4, loadedIndexesMax: 2 },
    config: { segmentBytes: 2 * (size + 1) },
  });
  assert.equal(fixture.log.segmentCount, 30);
  await fixture.flush();
  for (const offset of [59, 0, 30, 7, 58, 1]) {
    assert.equal(valuesOf(readAll(fixture.log, offset))[0], `${offset}`);
    assert.ok(fixture.shared.files.openCount <= 4, `${fixture.shared.files.openCount} files are open`);
  }
});

test('on low space producers are refused, the broker itself is not', () => {
  const fixture = filled(1);
  fixture.isLowOnSpace = true;
  assert.equal(fixture.append(batchOf(['x'])).error, E.KAFKA_STORAGE_ERROR);
  const own = fixture.log.appendAsLeader(batchOf(['y']), { leaderEpoch: 0, origin: 'coordinator', nowMs: NOW_MS });
  assert.equal(own.error, E.NONE);
  fixture.isLowOnSpace = false;
  assert.equal(fixture.append(batchOf(['z'])).firstOffset, 2);
});
