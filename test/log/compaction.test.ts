import assert from 'node:assert/strict';
import { test } from 'node:test';
import { E } from '../../src/protocol/errors.ts';
import {
  BATCH_FIELD,
  Codec,
  baseTimestamp,
  codecId,
  hasDeleteHorizon,
  lastSequence,
  maxTimestamp,
  recordCount,
} from '../../src/records/batch.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { CleaningFixture, batchesOf, committed, recordsOf, shown } from './cleaning-fixture.ts';
import { DIRECTORY, NOW_MS } from './log-fixture.ts';

function logNames(fixture: CleaningFixture): string[] {
  return fixture.disk
    .list(DIRECTORY)
    .map(({ name }) => name)
    .filter((name) => name.includes('.log'));
}

test('the latest record of each key stays, with its offset, in the order of the log', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'b=1', 'c=1']);
  fixture.put(['b=2', 'a=2']);
  fixture.put(['a=3']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['2:c=1', '3:b=2', '5:a=3']);
  const [first, second] = batchesOf(fixture.log);
  assert.deepEqual([first?.base, first?.next, second?.base, second?.next], [0, 3, 3, 5]);
  assert.equal(fixture.log.cleaning.cleanedTo, 6);
  assert.deepEqual([fixture.cleaner.cleanings, fixture.cleaner.isCleaning], [1, false]);
});

test('the active segment is never cleaned, and dirty records count from where the last cleaning ended', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  await fixture.clean();
  fixture.put(['a=3', 'a=4']);
  await fixture.cleanOnly();
  assert.deepEqual(shown(fixture.log), ['1:a=2', '2:a=3', '3:a=4']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['3:a=4']);
});

test('small segments are joined up to segment.bytes', async () => {
  const fixture = new CleaningFixture();
  for (let index = 0; index < 4; index++) {
    fixture.put([`k${index}=${'x'.repeat(1200)}`]);
    fixture.log.roll(NOW_MS);
  }
  await fixture.clean();
  assert.deepEqual(logNames(fixture), [
    '00000000000000000000.log',
    '00000000000000000003.log',
    '00000000000000000004.log',
  ]);
  assert.equal(shown(fixture.log).length, 4);
});

test('a tombstone stays for delete.retention.ms after the first cleaning that saw it', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'b=1']);
  fixture.put(['a=', 'c=1'], {}, NOW_MS - 5000);
  fixture.put(['z=1']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['1:b=1', '2:a=', '3:c=1', '4:z=1']);
  const batch = batchesOf(fixture.log)[1]!;
  assert.ok(hasDeleteHorizon(batch.view, 0));
  assert.equal(baseTimestamp(batch.view, 0), NOW_MS + 1000);
  assert.equal(maxTimestamp(batch.view, 0), NOW_MS - 5000);
  assert.deepEqual(
    batch.records.map(({ timestamp }) => timestamp),
    [NOW_MS - 5000, NOW_MS - 5000],
  );
  fixture.put(['y=1']);
  await fixture.clean(999);
  assert.ok(shown(fixture.log).includes('2:a='));
  fixture.put(['x=1']);
  await fixture.clean(1000);
  assert.deepEqual(shown(fixture.log), ['1:b=1', '3:c=1', '4:z=1', '5:y=1', '6:x=1']);
});

test('the last batch of a producer stays without records, so that its sequence survives', async () => {
  const fixture = new CleaningFixture();
  const producer = { producerId: 7, producerEpoch: 0 };
  fixture.put(['a=1', 'b=1'], { ...producer, baseSequence: 0 });
  fixture.put(['a=2', 'b=2'], { ...producer, baseSequence: 2 });
  fixture.put(['a=3', 'b=3']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['4:a=3', '5:b=3']);
  const [emptied] = batchesOf(fixture.log);
  assert.deepEqual(
    [emptied?.base, emptied?.next, recordCount(emptied!.view, 0), lastSequence(emptied!.view, 0)],
    [2, 4, 0, 3],
  );
  for (const { name } of fixture.disk.list(DIRECTORY))
    if (name.endsWith('.snapshot')) fixture.disk.remove(`${DIRECTORY}/${name}`);
  fixture.killAndReopen();
  assert.equal(
    fixture.append(buildBatch(recordsOf(['c=1']), { ...producer, baseSequence: 5 })).error,
    E.OUT_OF_ORDER_SEQUENCE_NUMBER,
  );
  assert.equal(fixture.append(buildBatch(recordsOf(['c=1']), { ...producer, baseSequence: 4 })).error, E.NONE);
});

test('aborted records go at once; the marker stays until they are gone, and delete.retention.ms longer', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=kept']);
  fixture.put(['a=aborted', 'b=aborted'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
  fixture.endTransaction(7, 0, 'abort');
  fixture.put(['c=1'], { producerId: 7, producerEpoch: 0, baseSequence: 2, transactional: true });
  fixture.endTransaction(7, 0, 'commit');
  fixture.put(['z=1']);
  const before = committed(fixture.log);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['0:a=kept', '4:c=1', '6:z=1']);
  assert.deepEqual(committed(fixture.log), before);
  // The data had gone with the first cleaning, so the second gives the marker its horizon, and a third lets it go.
  assert.deepEqual(
    batchesOf(fixture.log)
      .filter(({ isControlBatch }) => isControlBatch)
      .map(({ base }) => base),
    [3, 5],
  );
  fixture.put(['y=1']);
  await fixture.clean();
  assert.ok(hasDeleteHorizon(batchesOf(fixture.log).find(({ base }) => base === 3)!.view, 0));
  fixture.put(['x=1']);
  await fixture.clean(1000);
  assert.deepEqual(
    batchesOf(fixture.log)
      .filter(({ isControlBatch }) => isControlBatch)
      .map(({ base }) => base),
    [5],
  );
  assert.deepEqual(committed(fixture.killAndReopen({ highWatermark: fixture.log.logEndOffset })), [
    '0:a=kept',
    '4:c=1',
    '6:z=1',
    '7:y=1',
    '8:x=1',
  ]);
});

test('an aborted transaction below the recovery point is known after power loss', async () => {
  for (const kind of ['dropped', 'mixed'] as const) {
    const fixture = new CleaningFixture();
    fixture.put(['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
    await fixture.flush();
    fixture.endTransaction(7, 0, 'abort');
    await fixture.flush();
    const log = fixture.crashAndReopen(kind, 1, { highWatermark: 2 });
    assert.deepEqual(committed(log), []);
  }
});

test('an aborted transaction that ends in a new segment is known after power loss', async () => {
  for (const flushPolicy of ['os', 'group'] as const) {
    const fixture = new CleaningFixture({ config: { flushPolicy } });
    fixture.put(['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
    fixture.log.roll(NOW_MS);
    fixture.endTransaction(7, 0, 'abort');
    await new Promise((settled) => fixture.log.whenSettled(2, settled));
    await fixture.flush();
    const log = fixture.crashAndReopen('dropped', 1, { highWatermark: 2 });
    assert.deepEqual(committed(log), [], flushPolicy);
  }
});

test('a log that was closed before anything was written keeps its names once it is synced', async () => {
  const fixture = new CleaningFixture();
  await fixture.log.close();
  fixture.killAndReopen({ isClean: true });
  fixture.put(['a=1']);
  await fixture.flush();
  const log = fixture.crashAndReopen('dropped', 1, { highWatermark: 1 });
  assert.deepEqual([log.offlineReason, shown(log)], [undefined, ['0:a=1']]);
});

test('an open transaction is never cleaned beyond', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1']);
  fixture.put(['a=2']);
  fixture.log.roll(NOW_MS);
  fixture.put(['a=3'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
  fixture.log.roll(NOW_MS);
  fixture.put(['a=4']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['1:a=2', '2:a=3', '3:a=4']);
  fixture.endTransaction(7, 0, 'commit');
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['3:a=4']);
});

for (const codec of [Codec.none, Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd]) {
  test(`batches keep their codec ${codec}, headers and timestamps`, async () => {
    const fixture = new CleaningFixture();
    const headers = [{ key: 'h', value: Buffer.from('v') }];
    const records = ['a=1', 'b=1', 'c=1'].map((each, index) => ({ ...recordsOf([each], NOW_MS + index)[0]!, headers }));
    fixture.append(buildBatch(records, { codec }));
    fixture.put(['b=2', 'c=2']);
    await fixture.clean();
    const [batch] = batchesOf(fixture.log);
    assert.equal(codecId(batch!.view, 0), codec);
    assert.equal(maxTimestamp(batch!.view, 0), NOW_MS);
    assert.deepEqual(
      batch!.records.map(({ offset, timestamp, headers: kept }) => [offset, timestamp, kept[0]?.key]),
      [[0, NOW_MS, 'h']],
    );
    assert.deepEqual(shown(fixture.log), ['0:a=1', '3:b=2', '4:c=2']);
  });
}

test('LogAppendTime stays the time of all records', async () => {
  const fixture = new CleaningFixture({ config: { messageTimestampType: 'LogAppendTime' } });
  fixture.put(['a=1', 'b='], {}, 5);
  fixture.put(['a=2'], {}, 5);
  await fixture.clean();
  const [batch] = batchesOf(fixture.log);
  assert.deepEqual(
    batch!.records.map(({ offset, timestamp }) => [offset, timestamp]),
    [[1, NOW_MS]],
  );
  assert.equal(maxTimestamp(batch!.view, 0), NOW_MS);
  assert.ok((batch!.view.getInt16(BATCH_FIELD.attributes) & 0x08) !== 0);
});

test('records without a key, from a time when the topic was not compacted, are dropped', async () => {
  const fixture = new CleaningFixture({ config: { cleanupPolicy: { delete: true, compact: false } } });
  fixture.append(buildBatch([{ value: Buffer.from('v'), timestamp: NOW_MS }, ...recordsOf(['a=1'])]));
  await fixture.clean();
  assert.equal(fixture.cleaner.cleanings, 0);
  fixture.log.setConfig({ ...fixture.log.config, cleanupPolicy: { delete: false, compact: true } });
  fixture.put(['b=1']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['1:a=1', '2:b=1']);
});

test('a map that is too small ends the cleaning where it is full; the next one goes on there', async () => {
  const fixture = new CleaningFixture({ config: { segmentBytes: 1_000_000 } });
  fixture.limits = { ...fixture.limits, mapBytesMax: 24 * 100 };
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 200; index++) fixture.put([`k${index}=${round}`]);
    fixture.log.roll(NOW_MS);
  }
  await fixture.clean();
  assert.equal(fixture.cleaner.cleanings, 5);
  assert.deepEqual(
    shown(fixture.log),
    Array.from({ length: 200 }, (_, index) => `${200 + index}:k${index}=1`),
  );
});

test('segments younger than min.compaction.lag.ms are left alone', async () => {
  const fixture = new CleaningFixture({ config: { minCompactionLagMs: 1000 } });
  fixture.put(['a=1', 'a=2'], {}, NOW_MS - 1001);
  fixture.log.roll(NOW_MS);
  fixture.put(['a=3', 'a=4'], {}, NOW_MS - 999);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['1:a=2', '2:a=3', '3:a=4']);
  await fixture.cleanOnly(1);
  assert.deepEqual(shown(fixture.log), ['3:a=4']);
});

test('a log that is not dirty enough waits, until max.compaction.lag.ms has passed', async () => {
  const config = { minCleanableDirtyRatio: 0.5, maxCompactionLagMs: 10_000 };
  const fixture = new CleaningFixture({ config });
  for (let index = 0; index < 9; index++) fixture.put([`k${index}=1`]);
  await fixture.clean();
  fixture.put(['k0=2', 'k0=3']);
  await fixture.clean();
  assert.equal(fixture.cleaner.cleanings, 1);
  assert.ok(fixture.cleaner.maxDirtyPercent > 0 && fixture.cleaner.maxDirtyPercent < 50);
  await fixture.cleanOnly(10_001);
  assert.equal(fixture.cleaner.cleanings, 2);
  assert.deepEqual(shown(fixture.log).at(-1), '10:k0=3');
});

test('a compacted log rolls within max.compaction.lag.ms', () => {
  const fixture = new CleaningFixture({ config: { maxCompactionLagMs: 1000 } });
  fixture.put(['a=1']);
  fixture.put(['a=2'], {}, NOW_MS + 1001);
  assert.equal(fixture.log.segmentCount, 2);
});

test('compact and delete together: what is too old goes, the rest is compacted', async () => {
  const config = { cleanupPolicy: { delete: true, compact: true }, retentionMs: 3000 };
  const fixture = new CleaningFixture({ config });
  fixture.put(['a=1', 'b=1'], {}, NOW_MS - 4000);
  fixture.log.roll(NOW_MS);
  fixture.put(['a=2', 'c=1', 'c=2']);
  assert.equal(fixture.log.retention(NOW_MS), 1);
  await fixture.clean();
  fixture.put(['c=3']);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['2:a=2', '5:c=3']);
  assert.equal(fixture.log.retention(NOW_MS + 9000), fixture.log.segmentCount);
});

test('an empty segment that a cleaning left behind does not keep the ones behind it from retention', async () => {
  const fixture = new CleaningFixture({ config: { segmentBytes: 200 } });
  for (const text of ['a=1', 'a=2', 'a=3']) fixture.put([text]);
  for (let index = 0; index < 3; index++) fixture.put([`a=${'x'.repeat(100)}`]);
  await fixture.clean();
  assert.equal(fixture.disk.list(DIRECTORY).find(({ name }) => name === '00000000000000000000.log')?.size, 0);
  fixture.log.setConfig({ ...fixture.log.config, cleanupPolicy: { delete: true, compact: false }, retentionMs: 1000 });
  assert.ok(fixture.log.retention(NOW_MS + 5000) > 0);
  assert.equal(fixture.log.logStartOffset, 6);
});

test('the log start after deleted records is kept, and cleaning begins there', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'b=1', 'b=2']);
  assert.equal(fixture.log.deleteRecordsBefore(2), E.NONE);
  await fixture.clean();
  assert.deepEqual(shown(fixture.log), ['2:b=2']);
  const log = fixture.killAndReopen({ logStartOffset: 2, highWatermark: 3 });
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [2, 3]);
  assert.deepEqual(shown(log), ['2:b=2']);
});

test('how far a log is clean is kept in cleaner-offset-checkpoint, in the format of Kafka', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  await fixture.clean();
  assert.equal(fixture.disk.readFile('/logs/cleaner-offset-checkpoint', 999).toString(), '0\n1\norders 0 2\n');
  fixture.killAndReopen();
  assert.equal(fixture.log.cleaning.cleanedTo, undefined);
  fixture.newCleaner();
  assert.equal(fixture.log.cleaning.cleanedTo, 2);
});

test('a checkpoint that is none, or lies beyond the log, starts over', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1']);
  fixture.disk.replaceFile('/logs/cleaner-offset-checkpoint', Buffer.from('nonsense'));
  fixture.newCleaner();
  assert.equal(fixture.log.cleaning.cleanedTo, undefined);
  fixture.disk.replaceFile('/logs/cleaner-offset-checkpoint', Buffer.from('0\n1\norders 0 99\n'));
  fixture.newCleaner();
  assert.equal(fixture.log.cleaning.cleanedTo, undefined);
});

test('a log for whose cleaning there is no space is cleaned when there is', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  fixture.log.roll(NOW_MS);
  await fixture.flush();
  fixture.disk.fail({ call: 'write', code: 'ENOSPC', path: '.cleaned' });
  await fixture.cleanOnly();
  assert.deepEqual([fixture.cleaner.isCleaning, fixture.cleaner.uncleanableCount], [false, 0]);
  assert.ok(!logNames(fixture).some((name) => name.endsWith('.cleaned')));
  await fixture.cleanOnly();
  assert.deepEqual([fixture.cleaner.cleanings, fixture.diskFailures.length], [1, 0]);
  assert.deepEqual(shown(fixture.log), ['1:a=2']);
});

test('a log whose cleaning fails is left alone; it goes on otherwise', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  fixture.log.roll(NOW_MS);
  await fixture.flush();
  fixture.disk.fail({ call: 'write', code: 'EIO', path: '.cleaned' });
  await fixture.cleanOnly();
  assert.equal(fixture.cleaner.uncleanableCount, 1);
  assert.ok(!fixture.log.isOffline);
  assert.ok(!logNames(fixture).some((name) => name.endsWith('.cleaned')));
  await fixture.clean();
  assert.deepEqual([fixture.cleaner.cleanings, fixture.diskFailures.length], [0, 0]);
  assert.deepEqual(shown(fixture.log), ['0:a=1', '1:a=2']);
});

test('a damaged batch is not given a new sum: its log is not cleaned', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  await fixture.flush();
  const file = fixture.disk.open(`${DIRECTORY}/00000000000000000000.log`, 'existing');
  file.write(Buffer.from('X'), 70);
  file.close();
  await fixture.clean();
  assert.equal(fixture.cleaner.uncleanableCount, 1);
});

test('a log that stops being compacted while it is cleaned stays as it is', async () => {
  const fixture = new CleaningFixture();
  fixture.put(['a=1', 'a=2']);
  fixture.log.roll(NOW_MS);
  await fixture.flush();
  fixture.cleaner.run();
  fixture.log.setConfig({ ...fixture.log.config, cleanupPolicy: { delete: true, compact: false } });
  await fixture.settle();
  assert.deepEqual(shown(fixture.log), ['0:a=1', '1:a=2']);
  assert.deepEqual([fixture.cleaner.isCleaning, fixture.cleaner.uncleanableCount], [false, 0]);
  assert.ok(!logNames(fixture).some((name) => name.endsWith('.cleaned')));
});

test('a log that was cut while it was cleaned keeps what the cleaning did not know', async () => {
  const fixture = new CleaningFixture();
  for (const text of ['a=1', 'b=1', 'a=2']) {
    fixture.put([text]);
    fixture.log.roll(NOW_MS);
  }
  await fixture.flush();
  fixture.cleaner.run();
  fixture.log.truncateTo(2);
  await fixture.settle();
  assert.deepEqual(shown(fixture.log), ['0:a=1', '1:b=1']);
  assert.equal(fixture.cleaner.uncleanableCount, 0);
});

test('the rate of reading and writing is kept', async () => {
  const fixture = new CleaningFixture({ config: { segmentBytes: 10_000_000 } });
  for (let index = 0; index < 20; index++) fixture.put([`k${index}=${'x'.repeat(100_000)}`]);
  fixture.log.roll(NOW_MS);
  await fixture.flush();
  fixture.limits = { ...fixture.limits, bytesPerSecondMax: 1_000_000 };
  await fixture.cleanOnly();
  assert.ok(fixture.cleaner.isCleaning);
  fixture.time.advance(4000);
  assert.ok(fixture.cleaner.isCleaning);
  fixture.time.advance(3000);
  await fixture.settle();
  assert.ok(!fixture.cleaner.isCleaning);
});
