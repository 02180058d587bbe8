import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchBuffers } from '../../../src/client/producer/batch-buffers.ts';
import { ProducerBatch } from '../../../src/client/producer/producer-batch.ts';
import { decodeRecords } from '../../../src/records/batch-records.ts';
import { Codec } from '../../../src/records/batch.ts';

const SIZE = 1000;
const PLACE = { topic: 'orders', partition: 0, createdMs: 0 };
const receipt = { written() {}, failed() {} };

function batchIn(buffers: BatchBuffers, text: string, codec: Codec = Codec.none): ProducerBatch {
  const batch = new ProducerBatch(PLACE, { codec, isTransactional: false, buffers }, SIZE);
  batch.add({ key: null, value: Buffer.from(text), headers: [], timestamp: 0, size: 100, receipt });
  return batch;
}

function textOf(sealed: Uint8Array): string {
  return Buffer.from(decodeRecords(sealed)[0]!.value!).toString();
}

test('memory of an acknowledged batch serves the next one', () => {
  const buffers = new BatchBuffers(SIZE);
  const first = batchIn(buffers, 'first');
  const memory = first.sealed().buffer;
  first.succeed(0, -1);
  const second = batchIn(buffers, 'second');
  assert.equal(second.sealed().buffer, memory);
  assert.equal(textOf(second.sealed()), 'second');
});

test('memory that may still be on its way is not used again', () => {
  const buffers = new BatchBuffers(SIZE);
  const unsettled = batchIn(buffers, 'unsettled');
  const again = batchIn(buffers, 'sent again');
  again.sealed();
  again.attempts = 1;
  again.succeed(0, -1);
  const failed = batchIn(buffers, 'failed');
  failed.sealed();
  failed.fail(new Error('no'));
  const fresh = batchIn(buffers, 'fresh').sealed();
  for (const other of [unsettled, again, failed]) assert.notEqual(other.sealed().buffer, fresh.buffer);
  assert.deepEqual(
    [unsettled, again, failed].map((batch) => textOf(batch.sealed())),
    ['unsettled', 'sent again', 'failed'],
  );
});

test('memory of a compressed batch is free as soon as it is packed', () => {
  const buffers = new BatchBuffers(SIZE);
  const first = batchIn(buffers, 'first', Codec.gzip);
  const packed = first.sealed();
  const second = batchIn(buffers, 'second', Codec.gzip);
  second.sealed();
  first.succeed(0, -1);
  second.succeed(0, -1);
  assert.equal(textOf(packed), 'first');
  const [third, fourth] = [batchIn(buffers, 'third'), batchIn(buffers, 'fourth')];
  assert.notEqual(third.sealed().buffer, fourth.sealed().buffer, 'it was given back once');
});

test('small and huge batches have memory of their own', () => {
  const buffers = new BatchBuffers(SIZE);
  assert.equal(buffers.take(100).length, 100);
  assert.equal(buffers.take(5000).length, 5000);
  assert.equal(buffers.take(600).length, SIZE);
});
