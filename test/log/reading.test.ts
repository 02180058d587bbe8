import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { DIRECTORY, LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';
import { readFile, writeFile } from './kafka-directory.ts';

const NO_TAIL = { limits: { tailBytesMax: 0 } } as const;
const size = batchOf(['0']).length;

function filled(count: number, options = {}): LogFixture {
  const fixture = new LogFixture(options);
  for (let index = 0; index < count; index++) fixture.append(batchOf([`${index}`]));
  return fixture;
}

for (const [name, options] of [
  ['the tail', {}],
  ['the file', NO_TAIL],
] as const) {
  test(`reads from ${name}: first batch whole, the bound kept, the upper offset never passed`, () => {
    const { log } = filled(10, options);
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

  test(`a slice of ${name} starts with the batch that holds the offset`, () => {
    const fixture = new LogFixture(options);
    fixture.append(batchOf(['a', 'b', 'c']));
    fixture.append(batchOf(['d']));
    assert.deepEqual(valuesOf(readAll(fixture.log, 1)), ['b', 'c', 'd']);
    const slice = fixture.log.read({ offset: 2, bytesMax: 1e6, upperOffset: 4, minOneBatch: true });
    assert.equal(slice.bytes, fixture.log.sizeBytes);
    assert.equal(slice.upperBound, 4);
    slice.release();
  });
}

test('what is staged is there for readers', () => {
  const fixture = new LogFixture();
  fixture.log.appendAsLeader(batchOf(['a']), { leaderEpoch: 0, origin: 'client', nowMs: NOW_MS });
  assert.deepEqual(valuesOf(readAll(fixture.log)), ['a']);
});

test('the tail serves the slabs that came in, and lets go of them in the end', () => {
  const freed: ArrayBufferLike[] = [];
  const fixture = new LogFixture({ limits: { tailBytesMax: 100_000, tailBytesPerLogMax: 100_000 } });
  const slabs = Array.from({ length: 20 }, (_, index) => {
    const batch = batchOf([`${index}`.padEnd(10_000, 'x')]);
    const slab = new Uint8Array(new ArrayBuffer(batch.length));
    slab.set(batch);
    return slab;
  });
  for (const slab of slabs) {
    fixture.append(Buffer.from(slab.buffer));
    assert.ok(fixture.shared.tails.bytesHeld <= 100_000);
  }
  const last = fixture.log.logEndOffset - 1;
  const slice = fixture.log.read({ offset: last, bytesMax: 20_000, upperOffset: last + 1, minOneBatch: true });
  assert.equal(slice.chunks[0]?.buffer, slabs.at(-1)?.buffer);
  assert.equal(fixture.log.isInTail(last), true);
  assert.equal(fixture.log.isInTail(0), false);
  fixture.log.abandon();
  assert.ok(fixture.shared.tails.bytesHeld > 0, 'a reader still holds one');
  slice.release();
  slice.release();
  assert.equal(fixture.shared.tails.bytesHeld, 0);
  assert.deepEqual(freed, []);
});

test('read buffers come back and are used again', () => {
  const fixture = filled(10, NO_TAIL);
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
  const fixture = new LogFixture(NO_TAIL);
  for (let index = 0; index < 30; index++) fixture.append(batchOf(['x'.repeat(100_000)]));
  const slice = fixture.log.read({ offset: 0, bytesMax: 1e9, upperOffset: 30, minOneBatch: true });
  assert.equal(slice.bytes, fixture.log.sizeBytes);
  assert.ok(slice.chunks.length > 1 && slice.chunks.every((chunk) => chunk.length <= 1024 * 1024));
});

test('cold reads give the same', async () => {
  const fixture = filled(10, NO_TAIL);
  const request = { offset: 2, bytesMax: 5 * size, upperOffset: 10, minOneBatch: true };
  const warm = fixture.log.read(request);
  const cold = await fixture.log.readCold(request);
  assert.deepEqual(Buffer.concat(cold.chunks), Buffer.concat(warm.chunks));
  assert.equal(cold.upperBound, warm.upperBound);
  const outside = await fixture.log.readCold({ ...request, offset: 11 });
  assert.equal(outside.error, E.OFFSET_OUT_OF_RANGE);
});

test('a file that is no log where it is read takes the partition offline, with the place', () => {
  const fixture = filled(10, { ...NO_TAIL, config: { segmentBytes: 3 * size } });
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
  const fixture = filled(3, NO_TAIL);
  fixture.disk.fail({ call: 'read', code: 'EIO', path: '.log' });
  const slice = fixture.log.read({ offset: 0, bytesMax: 99, upperOffset: 3, minOneBatch: true });
  assert.equal(slice.error, E.KAFKA_STORAGE_ERROR);
  assert.equal(fixture.diskFailures.length, 1);
});

test('timestamps are found over segments, batches and records', () => {
  const fixture = new LogFixture({ ...NO_TAIL, config: { indexIntervalBytes: 100 } });
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
    ...NO_TAIL,
    limits: { tailBytesMax: 0, openFilesMax: 4, loadedIndexesMax: 2 },
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
