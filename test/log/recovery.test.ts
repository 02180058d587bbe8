import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import { BATCH_HEADER_BYTES } from '../../src/records/batch.ts';
import { DIRECTORY, LogFixture, NOW_MS, batchOf, readAll, valuesOf } from './log-fixture.ts';
import { readFile, writeFile } from './kafka-directory.ts';

const LOG = `${DIRECTORY}/00000000000000000000.log`;

function appendAll(fixture: LogFixture, values: readonly string[]): void {
  for (const value of values) fixture.append(batchOf([value]));
}

function flip(fixture: LogFixture, path: string, position: number): void {
  const bytes = readFile(fixture.disk, path);
  bytes[position]! ^= 0xff;
  writeFile(fixture.disk, path, bytes);
}

const size = batchOf(['a']).length;

test('a torn tail is cut at every byte of the last batch, and said so', () => {
  for (let kept = 1; kept < size; kept++) {
    const fixture = new LogFixture();
    appendAll(fixture, ['a', 'b', 'c']);
    writeFile(fixture.disk, LOG, readFile(fixture.disk, LOG).subarray(0, 2 * size + kept));
    const log = fixture.killAndReopen();
    assert.equal(log.offlineReason, undefined);
    assert.equal(log.logEndOffset, 2);
    assert.equal(readFile(fixture.disk, LOG).length, 2 * size);
    const line = fixture.logger.lines.find(({ level }) => level === 'warn');
    assert.equal(line?.facts['position'], 2 * size);
    assert.equal(line?.facts['file'], LOG);
    appendAll(fixture, ['d']);
    assert.deepEqual(valuesOf(readAll(log)), ['a', 'b', 'd']);
  }
});

test('a log that nobody wrote to is opened again without a file more than it had, whole or not', async () => {
  for (const isClean of [true, false]) {
    const fixture = new LogFixture();
    const before = fixture.disk.list(DIRECTORY).map(({ name }) => name);
    await fixture.log.close();
    const log = fixture.killAndReopen({ isClean });
    assert.deepEqual([log.isOffline, log.logEndOffset, fixture.shared.files.openCount], [false, 0, 0]);
    assert.deepEqual(
      fixture.disk.list(DIRECTORY).map(({ name }) => name),
      before,
    );
    appendAll(fixture, ['a']);
    assert.deepEqual(valuesOf(readAll(log)), ['a']);
  }
});

test('a flipped bit above the recovery point ends the log there, whatever follows', () => {
  for (const position of [8, 16, 17, 21, 40, BATCH_HEADER_BYTES + 2]) {
    const fixture = new LogFixture();
    appendAll(fixture, ['a', 'b', 'c']);
    flip(fixture, LOG, size + position);
    assert.equal(fixture.killAndReopen().logEndOffset, 1, `position ${position}`);
  }
});

test('damage below the recovery point takes the partition offline and changes nothing', async () => {
  for (const position of [8, 16, 17, 21, BATCH_HEADER_BYTES + 2]) {
    const fixture = new LogFixture();
    appendAll(fixture, ['a', 'b', 'c']);
    await fixture.flush();
    appendAll(fixture, ['d']);
    flip(fixture, LOG, size + position);
    const before = readFile(fixture.disk, LOG);
    const log = fixture.killAndReopen();
    assert.equal(log.isOffline, true);
    assert.equal(log.isDamaged, true);
    assert.match(log.offlineReason ?? '', new RegExp(`${LOG} is damaged at position ${size}: `));
    assert.deepEqual(readFile(fixture.disk, LOG), before);
    assert.equal(fixture.append(batchOf(['x'])).error, E.KAFKA_STORAGE_ERROR);
    const slice = log.read({ offset: 0, bytesMax: 100, upperOffset: 3, minOneBatch: true });
    assert.equal(slice.error, E.KAFKA_STORAGE_ERROR);
    assert.deepEqual(fixture.diskFailures, [], 'the directory stays');
  }
});

test('a log shorter than its recovery point is damaged', async () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b', 'c']);
  await fixture.flush();
  writeFile(fixture.disk, LOG, readFile(fixture.disk, LOG).subarray(0, 2 * size));
  const log = fixture.killAndReopen();
  assert.match(log.offlineReason ?? '', /the log ends at offset 2, it was synced up to 3/);
  assert.equal(readFile(fixture.disk, LOG).length, 2 * size);
});

test('a log without any segment below its recovery point is damaged', async () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a']);
  await fixture.flush();
  fixture.disk.remove(LOG);
  assert.match(fixture.killAndReopen().offlineReason ?? '', /no segment is there/);
});

test('segments behind a torn one are dropped', () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b']);
  fixture.log.roll(NOW_MS);
  appendAll(fixture, ['c']);
  fixture.log.roll(NOW_MS);
  appendAll(fixture, ['d']);
  flip(fixture, LOG, size + 30);
  const log = fixture.killAndReopen({ recoveryPoint: 0 });
  assert.equal(log.logEndOffset, 1);
  assert.equal(log.segmentCount, 1);
  assert.deepEqual(
    fixture.disk
      .list(DIRECTORY)
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.log')),
    ['00000000000000000000.log'],
  );
});

test('only what lies above the recovery point is summed', async () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b']);
  fixture.log.roll(NOW_MS);
  appendAll(fixture, ['c', 'd']);
  await fixture.flush();
  flip(fixture, LOG, size + 30);
  const log = fixture.killAndReopen();
  assert.equal(log.offlineReason, undefined);
  assert.equal(log.logEndOffset, 4);
});

for (const [what, change] of [
  ['missing', (fixture: LogFixture, path: string) => fixture.disk.remove(path)],
  ['empty', (fixture: LogFixture, path: string) => writeFile(fixture.disk, path, Buffer.alloc(0))],
  ['full of zeros', (fixture: LogFixture, path: string) => writeFile(fixture.disk, path, Buffer.alloc(240))],
  ['not growing', (fixture: LogFixture, path: string) => writeFile(fixture.disk, path, Buffer.alloc(240, 1))],
  ['pointing anywhere', (fixture: LogFixture, path: string) => writeFile(fixture.disk, path, wrongIndex())],
] as const) {
  test(`an index that is ${what} is made anew or does no harm`, async () => {
    const fixture = new LogFixture({ config: { indexIntervalBytes: 100 } });
    for (let index = 0; index < 40; index++) fixture.append(batchOf([`${index}`], {}, NOW_MS + index));
    fixture.log.roll(NOW_MS);
    for (let index = 40; index < 80; index++) fixture.append(batchOf([`${index}`], {}, NOW_MS + index));
    await fixture.log.close();
    for (const { name } of fixture.disk.list(DIRECTORY)) {
      if (/\.(index|timeindex)$/.test(name)) change(fixture, `${DIRECTORY}/${name}`);
    }
    for (const isClean of [true, false]) {
      const log = fixture.open({ isClean, recoveryPoint: 80 });
      assert.equal(log.offlineReason, undefined);
      assert.equal(log.logEndOffset, 80);
      for (const offset of [0, 7, 39, 40, 63, 79]) {
        assert.equal(valuesOf(readAll(log, offset))[0], `${offset}`);
        assert.equal(log.offsetForTimestamp(NOW_MS + offset)?.offset, offset);
      }
      assert.equal(log.offsetOfMaxTimestamp()?.offset, 79);
      log.abandon();
    }
  });
}

/** Grows as an index does, and is wrong. */
function wrongIndex(): Buffer {
  const bytes = Buffer.alloc(8 * 12);
  for (let index = 0; index < 12; index++) {
    bytes.writeInt32BE(index + 1, index * 8);
    bytes.writeInt32BE(index * 90 + 13, index * 8 + 4);
  }
  return bytes;
}

test('a clean mark on a log with a torn tail is not believed', () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b']);
  writeFile(fixture.disk, LOG, readFile(fixture.disk, LOG).subarray(0, 2 * size - 3));
  const log = fixture.open({ isClean: true });
  assert.equal(log.logEndOffset, 1);
});

test('what a cleaner left behind is put right', () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b']);
  fixture.log.roll(NOW_MS);
  appendAll(fixture, ['c', 'd']);
  fixture.log.roll(NOW_MS);
  appendAll(fixture, ['e']);
  const compacted = Buffer.concat([
    readFile(fixture.disk, LOG).subarray(size),
    readFile(fixture.disk, LOG.replace('0.log', '2.log')),
  ]);
  writeFile(fixture.disk, `${LOG}.swap`, compacted);
  writeFile(fixture.disk, `${DIRECTORY}/00000000000000000004.log.cleaned`, Buffer.from('half'));
  writeFile(fixture.disk, `${DIRECTORY}/00000000000000000009.log.deleted`, Buffer.from('gone'));
  writeFile(fixture.disk, `${DIRECTORY}/00000000000000000009.index`, Buffer.from('orphan'));
  const log = fixture.killAndReopen();
  assert.equal(log.offlineReason, undefined);
  assert.deepEqual(valuesOf(readAll(log)), ['b', 'c', 'd', 'e']);
  assert.equal(log.segmentCount, 2);
  const names = fixture.disk.list(DIRECTORY).map(({ name }) => name);
  assert.ok(!names.some((name) => /swap|cleaned|deleted|0009/.test(name)), names.join(' '));
});

test('the epochs of batches that retention removed are known after kill -9', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']), { leaderEpoch: 1 });
  await fixture.flush();
  fixture.append(batchOf(['b']), { leaderEpoch: 4 });
  fixture.log.roll(NOW_MS);
  fixture.log.deleteRecordsBefore(2);
  assert.equal(fixture.log.firstSegmentOffset, 2);
  const log = fixture.killAndReopen();
  assert.deepEqual(log.leaderEpochs.entries, [{ epoch: 4, startOffset: 2 }]);
  assert.deepEqual(log.endOffsetForEpoch(1), { epoch: 1, endOffset: 2 });
});

test('the epochs of records that were cut off are not taken for those of what came in their place', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']), { leaderEpoch: 0 });
  fixture.append(batchOf(['b']), { leaderEpoch: 5 });
  await fixture.flush();
  fixture.log.truncateTo(1);
  fixture.append(batchOf(['c']), { leaderEpoch: 3 });
  fixture.append(batchOf(['d']), { leaderEpoch: 6 });
  const { entries } = fixture.log.leaderEpochs;
  assert.deepEqual(
    entries.map(({ epoch }) => epoch),
    [0, 3, 6],
  );
  assert.deepEqual(fixture.killAndReopen().leaderEpochs.entries, entries);
});

test('a log that started anew elsewhere knows no epochs after kill -9', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']), { leaderEpoch: 2 });
  await fixture.flush();
  fixture.log.truncateFullyAndStartAt(10, NOW_MS);
  const log = fixture.killAndReopen();
  assert.deepEqual([log.logStartOffset, log.logEndOffset, log.leaderEpochs.latestEpoch], [10, 10, -1]);
});

test('leader epochs above the recovery point are found in the batches', async () => {
  const fixture = new LogFixture();
  fixture.append(batchOf(['a']), { leaderEpoch: 1 });
  await fixture.flush();
  fixture.append(batchOf(['b']), { leaderEpoch: 4 });
  fixture.append(batchOf(['c']), { leaderEpoch: 4 });
  const log = fixture.killAndReopen();
  assert.deepEqual(log.leaderEpochs.entries, [
    { epoch: 1, startOffset: 0 },
    { epoch: 4, startOffset: 1 },
  ]);
});

for (const [what, content] of [
  ['missing', undefined],
  ['empty', ''],
  ['damaged', '0\n1\nnonsense\n'],
] as const) {
  test(`leader epochs whose file is ${what} are found in the batches`, async () => {
    const fixture = new LogFixture();
    fixture.append(batchOf(['a']), { leaderEpoch: 1 });
    fixture.log.roll(NOW_MS);
    fixture.append(batchOf(['b']), { leaderEpoch: 3 });
    await fixture.flush();
    fixture.append(batchOf(['c']), { leaderEpoch: 4 });
    const epochs = [...fixture.log.leaderEpochs.entries];
    const path = `${DIRECTORY}/leader-epoch-checkpoint`;
    const lose = (): void =>
      content === undefined ? fixture.disk.remove(path) : writeFile(fixture.disk, path, Buffer.from(content));
    lose();
    const log = fixture.killAndReopen();
    assert.equal(log.offlineReason, undefined);
    assert.deepEqual(log.leaderEpochs.entries, epochs);
    await log.close();
    lose();
    const again = fixture.open({ isClean: true, recoveryPoint: 3 });
    assert.deepEqual(again.leaderEpochs.entries, epochs);
    await again.close();
    assert.equal(readFile(fixture.disk, path).toString(), '0\n3\n1 0\n3 1\n4 2\n');
  });
}

test('a log that was closed in order and is shorter now is damaged, not shorter', async () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b', 'c']);
  await fixture.log.close();
  const bytes = readFile(fixture.disk, LOG);
  for (const left of [0, size, 2 * size]) {
    writeFile(fixture.disk, LOG, bytes.subarray(0, left));
    const log = fixture.open({ isClean: true, recoveryPoint: 3 });
    assert.match(
      log.offlineReason ?? '',
      new RegExp(`damaged at position ${left}: the log ends at offset ${left / size}`),
    );
    assert.deepEqual(readFile(fixture.disk, LOG), bytes.subarray(0, left));
    log.abandon();
  }
});

test('a log that lost everything above its start begins there anew', () => {
  const fixture = new LogFixture();
  appendAll(fixture, ['a', 'b']);
  const log = fixture.killAndReopen({ logStartOffset: 9 });
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [9, 9]);
  assert.equal(fixture.append(batchOf(['c'])).firstOffset, 9);
});
