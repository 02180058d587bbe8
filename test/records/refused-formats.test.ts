import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Codec } from '../../src/records/batch.ts';
import { buildBatch } from '../../src/records/batch-builder.ts';
import { checkProducedFormat } from '../../src/records/refused-formats.ts';
import { viewOf } from './views.ts';

const ok = buildBatch([{ value: Buffer.from('x') }, { value: Buffer.from('y') }]);

function changed(change: (batch: Buffer) => void, batch = ok): Buffer {
  const copy = Buffer.from(batch);
  change(copy);
  return copy;
}

/** A record as Kafka wrote it before 0.11, with a null key and the value "abc". */
function legacy(magic: 0 | 1): Buffer {
  const timestamp = Buffer.alloc(magic === 1 ? 8 : 0);
  const body = Buffer.concat([
    Buffer.from([0, 0, 0, 0, magic, 0]),
    timestamp,
    Buffer.from('ffffffff00000003616263', 'hex'),
  ]);
  const head = Buffer.alloc(12);
  head.writeInt32BE(body.length, 8);
  return Buffer.concat([head, body]);
}

// Each answer is the one Apache Kafka 4.3.1 gave to these bytes in a Produce request.
const cases: [name: string, bytes: Buffer, errorCode: number, errorMessage: string | null][] = [
  ['one batch', ok, 0, null],
  ['magic 0', legacy(0), 87, null],
  ['magic 1', legacy(1), 87, null],
  ['magic 3', changed((b) => b.writeInt8(3, 16)), 2, 'Invalid magic found in record: 3'],
  ['magic -1', changed((b) => b.writeInt8(-1, 16)), 2, 'Invalid magic found in record: -1'],
  ['nothing', Buffer.alloc(0), 87, null],
  ['two batches', Buffer.concat([ok, ok]), 87, null],
  ['a batch and a magic 1 record', Buffer.concat([ok, legacy(1)]), 87, null],
  ['cut off', ok.subarray(0, ok.length - 3), 87, null],
  ['five bytes after it', Buffer.concat([ok, Buffer.alloc(5)]), 0, null],
  ['twenty bytes after it', Buffer.concat([ok, Buffer.alloc(20)]), 2, null],
  ['a length below the header', changed((b) => b.writeInt32BE(48, 8)), 2, null],
  [
    'a negative length',
    changed((b) => b.writeInt32BE(-5, 8)),
    2,
    'Record size -5 is less than the minimum record overhead (14)',
  ],
  [
    'a tiny length',
    changed((b) => b.writeInt32BE(10, 8)),
    2,
    'Record size 10 is less than the minimum record overhead (14)',
  ],
  ['a huge length', changed((b) => b.writeInt32BE(100_000, 8)), 87, null],
];

for (const [name, bytes, errorCode, errorMessage] of cases) {
  test(`${name}: ${errorCode === 0 ? 'accepted' : `error ${errorCode}`}`, () => {
    const size = errorCode === 0 ? ok.length : 0;
    assert.deepEqual(checkProducedFormat(viewOf(bytes), 0, bytes.length, 8), { errorCode, errorMessage, size });
  });
}

test('zstd is refused before version 7', () => {
  const zstd = buildBatch([{ value: Buffer.from('x') }], { codec: Codec.zstd });
  assert.equal(checkProducedFormat(viewOf(zstd), 0, zstd.length, 6).errorCode, 76);
  assert.equal(checkProducedFormat(viewOf(zstd), 0, zstd.length, 7).errorCode, 0);
});

test('a batch inside a larger buffer is checked where it lies', () => {
  const bytes = Buffer.concat([Buffer.alloc(31, 0xee), ok, Buffer.alloc(31, 0xee)]);
  assert.equal(checkProducedFormat(viewOf(bytes), 31, 31 + ok.length, 8).size, ok.length);
});
