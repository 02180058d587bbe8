import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { dumpLogTool } from '../../../src/cli/commands/dump-log/dump-log.ts';
import { exitCodeOf } from '../../../src/cli/tools/exit-code.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { buildEndTxnBatch, ControlType } from '../../../src/records/control-records.ts';
import { toolWorld } from '../tool-world.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-dump-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function dump(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const world = toolWorld();
  const code = await exitCodeOf(dumpLogTool, args, world);
  return { code, out: world.written(), err: world.errors() };
}

const first = buildBatch(
  [
    { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 1000, headers: [{ key: 'h', value: null }] },
    { key: null, value: null, timestamp: 2000 },
  ],
  { baseOffset: 7, producerId: 5, producerEpoch: 1, baseSequence: 3 },
);
const marker = buildEndTxnBatch({
  type: ControlType.commit,
  coordinatorEpoch: 4,
  producerId: 5,
  producerEpoch: 1,
  timestamp: 3000,
  baseOffset: 9,
});

test('a log is told batch by batch, record by record, with what does not belong to it', async (t) => {
  const path = join(folderOf(t), '00000000000000000007.log');
  writeFileSync(path, Buffer.concat([first, marker, Buffer.from('torn')]));
  const { code, out, err } = await dump('--files', path, '--print-data-log');
  assert.equal(code, 0);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 2), [`Dumping ${path}`, 'Log starting offset: 7']);
  assert.match(lines[2]!, /^baseOffset: 7 lastOffset: 8 count: 2 baseSequence: 3 lastSequence: 4 producerId: 5 /);
  assert.match(lines[2]!, / isTransactional: false isControl: false deleteHorizonMs: OptionalLong\.empty position: 0 /);
  assert.match(lines[2]!, / CreateTime: 2000 size: \d+ magic: 2 compresscodec: none crc: \d+ isvalid: true$/);
  assert.deepEqual(lines.slice(3, 5), [
    '| offset: 7 CreateTime: 1000 keySize: 1 valueSize: 1 sequence: 3 headerKeys: [h] key: k payload: v',
    '| offset: 8 CreateTime: 2000 keySize: -1 valueSize: -1 sequence: 4 headerKeys: []',
  ]);
  assert.match(lines[6]!, /^\| offset: 9 .* endTxnMarker: COMMIT coordinatorEpoch: 4$/);
  assert.equal(lines[7], 'Found 4 invalid bytes at the end of 00000000000000000007.log');
  assert.equal(err, `Non-consecutive offsets in ${path}\n  -1 is followed by 7\n`);
});

test('a batch with a wrong sum is told as not valid', async (t) => {
  const path = join(folderOf(t), '00000000000000000007.log');
  const broken = Buffer.from(first);
  broken[broken.length - 1]! ^= 1;
  writeFileSync(path, broken);
  assert.match((await dump('--files', path)).out, /isvalid: false\n$/);
});

test('an index that points elsewhere is told at the end', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, '00000000000000000007.log'), Buffer.concat([first, marker]));
  const index = Buffer.alloc(24);
  index.writeInt32BE(1, 0);
  index.writeInt32BE(0, 4);
  index.writeInt32BE(5, 8);
  index.writeInt32BE(first.length, 12);
  const path = join(folder, '00000000000000000007.index');
  writeFileSync(path, index);
  const { out, err } = await dump('--files', path);
  assert.equal(out, `Dumping ${path}\noffset: 8 position: 0\noffset: 12 position: ${first.length}\n`);
  assert.equal(err, `Mismatches in :${path}\n  Index offset: 12, log offset: 9\n`);
  assert.match((await dump('--files', path, '--index-sanity-check')).out, /passed sanity check\.\n$/);
});

test('files that are not there or not known are told by name', async () => {
  const missing = await dump('--files', '/nowhere/00000000000000000000.log');
  assert.equal(missing.code, 1);
  assert.match(missing.err, /NoSuchFileException: \/nowhere\/00000000000000000000\.log/);
  assert.equal((await dump('--files', '/nowhere/a.b')).err, 'Ignoring unknown file /nowhere/a.b\n');
});

test('records that a decoder does not know are told one by one, and a record without a key ends the dump', async (t) => {
  const path = join(folderOf(t), '00000000000000000000.log');
  const keys = [Buffer.from([0, 0, 9]), Buffer.from([0, 99]), null];
  const records = keys.map((key) => ({ key, value: Buffer.from('v'), timestamp: 1000 }));
  writeFileSync(path, buildBatch(records, {}));
  const { code, out, err } = await dump('--files', path, '--offsets-decoder');
  assert.equal(code, 1);
  assert.deepEqual(
    out
      .split('\n')
      .slice(3)
      .map((line) => line.replace(/.*headerKeys: /, '')),
    [
      "[] key: Error at offset 0, skipping. Could not read record with version 0 from key's buffer due to: null.",
      '[] key: Unknown record type 99 at offset 1, skipping.',
      '[]',
    ],
  );
  assert.match(err, /Failed to decode message at offset 2 using the specified decoder \(message had a missing key\)/);
});
