import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { BATCH_FIELD, BATCH_HEADER_BYTES, Codec, rewriteCrc } from '../../src/records/batch.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { decodeRecords, openRecords, scanBatch } from '../../src/records/batch-records.ts';
import { RecordCursor } from '../../src/records/record-cursor.ts';
import { scanRecords } from '../../src/records/record-scan.ts';
import { viewOf } from './views.ts';

/** A record's body out of hexadecimal, behind its length. */
function sized(body: string): string {
  const writer = new ByteWriter();
  writer.varint(body.length / 2);
  return writer.finish().toString('hex') + body;
}

function walk(hex: string, count = 1): RecordCursor {
  const cursor = new RecordCursor(Buffer.from(hex, 'hex'), count);
  while (cursor.next()) cursor.headers();
  return cursor;
}

// A body is: attributes, timestamp delta, offset delta, key, value, header count, headers.
const malformed: [name: string, hex: string, count?: number][] = [
  ['no bytes', ''],
  ['a negative length', '01'],
  ['a length beyond the region', '7e000000010100'],
  ['an empty record', '00'],
  ['a record without deltas', sized('00')],
  ['a length varint of six bytes', 'ffffffffff01'],
  ['a length varint beyond 32 bits', 'ffffffff7f'],
  ['a timestamp delta of eleven bytes', sized(`00${'ff'.repeat(10)}01`)],
  ['a timestamp delta beyond 2^53', sized('00ffffffffffffffffff010001010000')],
  ['a key beyond the record', sized('0000007e0100')],
  ['a value beyond the record', sized('000000017e00')],
  ['a value that takes the header count', sized('000000010200')],
  ['a negative header count', sized('000000010101')],
  ['more headers than bytes', sized('00000001017e')],
  ['a header without a value', sized('00000001010200')],
  ['a null header key', sized('0000000101020101')],
  ['a header key beyond the record', sized('00000001010208')],
  ['a byte after the headers', sized('00000001010000')],
  ['fewer records than counted', sized('000000010100'), 2],
  ['more records than counted', sized('000000010100') + sized('000000010100'), 1],
  ['a record but none counted', sized('000000010100'), 0],
];

for (const [name, hex, count] of malformed) {
  test(`${name}: malformed`, () => {
    assert.throws(() => walk(hex, count), { name: 'Malformed' });
  });
}

test('a negative count is malformed', () => {
  assert.throws(() => walk('', -1), { name: 'Malformed' });
});

test('every negative length of key, value or header value means null', () => {
  const cursor = new RecordCursor(Buffer.from(sized('0000000905020009'), 'hex'), 1);
  assert.equal(cursor.next(), true);
  assert.equal(cursor.key(), null);
  assert.equal(cursor.value(), null);
  assert.deepEqual(cursor.headers(), [{ key: '', value: null }]);
  assert.equal(cursor.next(), false);
});

test('headers are read without losing the place', () => {
  const header = { key: 'h', value: Buffer.from('1') };
  const batch = buildBatch([{ headers: [header, header] }, { value: Buffer.from('next') }]);
  const cursor = openRecords(batch, viewOf(batch), 0);
  cursor.next();
  assert.deepEqual(cursor.headers(), [header, header]);
  assert.deepEqual(cursor.headers(), [header, header]);
  assert.equal(cursor.next(), true);
  assert.equal(Buffer.from(cursor.value()!).toString(), 'next');
  assert.equal(cursor.next(), false);
});

test('a record ends where its length says, and not in its neighbour', () => {
  const records = sized('00000001010000').slice(0, -2) + sized('000000010100');
  assert.throws(() => walk(records, 2), { name: 'Malformed' });
});

test('a scan tells the timestamps, the keys and the order of offsets', () => {
  const records = [
    { key: Buffer.from('a'), timestamp: 500 },
    { key: Buffer.from('b') },
    { timestamp: 900 },
    { key: Buffer.from('c'), timestamp: 900 },
    { timestamp: 100 },
  ];
  for (const codec of Object.values(Codec)) {
    const batch = buildBatch(records, { codec });
    assert.deepEqual(scanBatch(batch, viewOf(batch), 0), {
      recordCount: 5,
      offsetsContiguous: true,
      timestampMin: 100,
      timestampMax: 900,
      indexOfTimestampMax: 2,
      firstKeyless: 2,
    });
  }
  const untimed = buildBatch([{ key: Buffer.from('a') }, { key: Buffer.from('b') }]);
  const scan = scanBatch(untimed, viewOf(untimed), 0);
  assert.deepEqual([scan.timestampMin, scan.timestampMax, scan.firstKeyless], [-1, -1, -1]);
});

test('a scan of a part of a buffer stays within it', () => {
  const bytes = Buffer.from(`ffff${sized('000000010100')}ffff`, 'hex');
  const part = { bytes, start: 2, end: bytes.length - 2, count: 1, baseTimestamp: 5 };
  assert.equal(scanRecords(part).timestampMax, 5);
  assert.throws(() => scanRecords({ ...part, end: bytes.length }), { name: 'Malformed' });
});

test('numbers beyond 2^53 and unknown codecs are malformed', () => {
  const fields = [BATCH_FIELD.baseOffset, BATCH_FIELD.baseTimestamp, BATCH_FIELD.maxTimestamp, BATCH_FIELD.producerId];
  for (const field of fields) {
    const batch = buildBatch([{ value: Buffer.from('v') }]);
    const view = viewOf(batch);
    view.setInt32(field, 0x0020_0000);
    rewriteCrc(view, 0);
    assert.throws(() => scanBatch(batch, view, 0), { name: 'Malformed' });
    assert.throws(() => decodeRecords(batch), { name: 'Malformed' });
  }
  for (const codec of [5, 6, 7]) {
    const batch = buildBatch([{ value: Buffer.from('v') }]);
    batch[BATCH_FIELD.attributes + 1] = codec;
    assert.throws(() => decodeRecords(batch), { name: 'Malformed', message: `unknown compression ${codec}` });
  }
});

test('a batch without any record bytes cannot claim records', () => {
  const batch = buildBatch([]);
  viewOf(batch).setInt32(BATCH_FIELD.recordCount, 2 ** 31 - 1);
  assert.equal(batch.length, BATCH_HEADER_BYTES);
  assert.throws(() => decodeRecords(batch), { name: 'Malformed' });
});
