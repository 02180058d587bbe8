import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { Codec } from '../../../src/records/batch.ts';
import { compress, decompress, preload } from '../../../src/records/compression/compression.ts';

const MEGABYTE = 1 << 20;
const packing = Object.entries(Codec).filter(([, codec]) => codec !== Codec.none);
const words = Buffer.from('the same words again and again; '.repeat(160));

function unpack(codec: Codec, hex: string, bytesMax = MEGABYTE): string {
  return Buffer.from(decompress(codec, Buffer.from(hex, 'hex'), bytesMax)).toString();
}

test('what is packed is unpacked, small and over many blocks', () => {
  const chunk = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(5000));
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), fc.constantFrom(...Object.values(Codec)), (chunks, codec) => {
      const bytes = Buffer.concat(chunks.flatMap(([part, times]) => Array.from({ length: times }, () => part)));
      const unpacked = decompress(codec, compress(codec, bytes), bytes.length);
      assert.equal(Buffer.compare(unpacked, bytes), 0);
    }),
    { numRuns: 200 },
  );
});

for (const [name, codec] of packing) {
  test(`${name}: the bound holds to the byte`, () => {
    const packed = compress(codec, words);
    assert.ok(packed.length < words.length / 5);
    assert.equal(decompress(codec, packed, words.length).length, words.length);
    assert.throws(() => decompress(codec, packed, words.length - 1), {
      name: 'Malformed',
      message: `${name}: more than ${words.length - 1} bytes`,
    });
    assert.throws(() => decompress(codec, packed, 1), { name: 'Malformed', message: `${name}: more than 1 bytes` });
  });

  test(`${name}: a bomb of a quarter of a gigabyte is stopped at the bound, without its memory`, () => {
    const piece = compress(codec, Buffer.alloc(4 * MEGABYTE));
    const bomb =
      codec === Codec.lz4 ? repeatLz4Blocks(piece, 64) : Buffer.concat(Array.from({ length: 64 }, () => piece));
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(() => decompress(codec, bomb, MEGABYTE), { name: 'Malformed', message: /more than 1048576 bytes/ });
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 * MEGABYTE);
  });

  test(`${name}: cut off anywhere, it is malformed`, () => {
    const packed = compress(codec, Buffer.from('some words, some words, and some more of these words'));
    for (let length = 0; length < packed.length; length++) {
      // A Xerial stream may end after any block, and so after none.
      if (codec === Codec.snappy && length === 16) continue;
      assert.throws(
        () => decompress(codec, packed.subarray(0, length), MEGABYTE),
        { name: 'Malformed' },
        `at ${length}`,
      );
    }
  });

  test(`${name}: garbage is malformed`, () => {
    for (const garbage of [
      '',
      '00',
      'ffffffff',
      '0102030405060708090a0b0c0d0e0f10',
      'ff'.repeat(100),
      '00'.repeat(100),
    ]) {
      // An empty raw snappy block is a length of 0 and nothing else.
      if (codec === Codec.snappy && garbage === '00') continue;
      assert.throws(() => unpack(codec, garbage), { name: 'Malformed' }, garbage);
    }
  });

  test(`${name}: loading ahead does no harm`, () => {
    preload(codec);
    assert.equal(Buffer.from(decompress(codec, compress(codec, words), MEGABYTE)).toString(), words.toString());
  });
}

/** One frame with the blocks of `frame` over and over. */
function repeatLz4Blocks(frame: Uint8Array, times: number): Buffer {
  const blocks = frame.subarray(7, frame.length - 4);
  return Buffer.concat([frame.subarray(0, 7), ...Array.from({ length: times }, () => blocks), Buffer.alloc(4)]);
}

test('levels are honoured', () => {
  const text = Buffer.from(Array.from({ length: 3000 }, (_, index) => `${index * 7919} words`).join(' '));
  const size = (codec: Codec, level: object): number => compress(codec, text, level).length;
  assert.ok(size(Codec.gzip, { gzip: 9 }) < size(Codec.gzip, { gzip: 1 }));
  assert.ok(size(Codec.zstd, { zstd: 19 }) < size(Codec.zstd, { zstd: 1 }));
  assert.ok(size(Codec.zstd, { zstd: 3 }) < size(Codec.zstd, { zstd: -5 }));
});

test('gzip members may follow one another', () => {
  const members = Buffer.concat([gzipSync('one '), gzipSync('two')]);
  assert.equal(Buffer.from(decompress(Codec.gzip, members, 100)).toString(), 'one two');
});

test('an uncompressed region is held to the bound too', () => {
  assert.equal(decompress(Codec.none, words, words.length), words);
  assert.throws(() => decompress(Codec.none, words, words.length - 1), { name: 'Malformed' });
});
