import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snappyRaw, snappyXerial, unsnappy } from '../../../src/records/compression/snappy.ts';

const words = Buffer.from('the same words again and again; '.repeat(2000));

function unpacked(bytes: Uint8Array): Buffer {
  return Buffer.from(unsnappy(bytes, 1 << 20));
}

test('raw and Xerial framing are told apart and read', () => {
  assert.deepEqual(unpacked(snappyRaw(words)), words);
  const framed = snappyXerial(words);
  assert.equal(framed.subarray(0, 16).toString('hex'), '82534e41505059000000000100000001');
  assert.deepEqual(unpacked(framed), words);
});

test('framed streams may follow one another', () => {
  assert.deepEqual(unpacked(Buffer.concat([snappyXerial(words), snappyXerial(words)])), Buffer.concat([words, words]));
});

test('a frame without blocks holds nothing', () => {
  assert.equal(unpacked(snappyXerial(new Uint8Array(0))).length, 0);
});

test('a length no block of that size could unpack to is not believed', () => {
  const bytes = Buffer.from('ffff3f0000', 'hex');
  assert.throws(() => unsnappy(bytes, 1 << 30), { name: 'Malformed', message: 'snappy: 1048575 bytes out of 5' });
  assert.throws(() => unsnappy(Buffer.from('ffffffff0f00', 'hex'), 1 << 20), {
    name: 'Malformed',
    message: 'snappy: more than 1048576 bytes',
  });
});

test('the longest runs that snappy can write are believed', () => {
  const zeros = Buffer.alloc(1 << 20);
  assert.deepEqual(unpacked(snappyRaw(zeros)), zeros);
});

test('a block length beyond the end is malformed', () => {
  const framed = snappyXerial(words);
  framed.writeInt32BE(framed.length, 16);
  assert.throws(() => unsnappy(framed, 1 << 20), { name: 'Malformed' });
  framed.writeInt32BE(-1, 16);
  assert.throws(() => unsnappy(framed, 1 << 20), { name: 'Malformed' });
});
