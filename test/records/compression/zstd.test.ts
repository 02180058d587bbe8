import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzstd, zstd } from '../../../src/records/compression/zstd.ts';
import { zstdFrames } from '../../../src/records/compression/zstd-frame.ts';
import { zstdCompress, zstdDecompress } from '../../../src/records/compression/zstd-wasm.ts';

const MEGABYTE = 1 << 20;
const words = 'the same words again and again; '.repeat(160);
/** Made with libzstd: with the content's size; streamed, without it; and with a checksum. */
const frames = [
  '28b52ffd600013250100d07468652073616d6520776f72647320616761696e20616e643b200200dd3354c7142b63',
  '28b52ffd0058250100d07468652073616d6520776f72647320616761696e20616e643b200200dd3354c7142b63',
  '28b52ffd0418250100d07468652073616d6520776f72647320616761696e20616e643b200200dd3354c7142b63665a416c',
].map((hex) => Buffer.from(hex, 'hex'));
const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex');

function bound(bytes: Uint8Array): number {
  return zstdFrames(bytes).reduce((sum, frame) => sum + frame.bound, 0);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

test('frames of libzstd are read, alone and after one another', () => {
  for (const frame of frames) assert.equal(text(unzstd(frame, 10_000)), words);
  const two = Buffer.concat([frames[0]!, skippable, frames[1]!]);
  assert.ok(text(unzstd(two, 20_000)) === words + words);
});

test('the WebAssembly zstd agrees with the one in use', () => {
  const bytes = Buffer.from(words.repeat(100));
  assert.equal(text(unzstd(zstdCompress(bytes, 3), MEGABYTE)), bytes.toString());
  assert.equal(text(zstdDecompress(zstd(bytes, 3), bytes.length)), bytes.toString());
  for (const frame of frames) assert.equal(text(zstdDecompress(frame, words.length)), words);
});

test('the WebAssembly zstd works on after errors and after large content', () => {
  const large = Buffer.alloc(48 * MEGABYTE, 'large ');
  const packed = zstdCompress(large, 1);
  assert.throws(() => zstdDecompress(packed, large.length - 1), { name: 'ZstdError', number: 70 });
  assert.equal(Buffer.compare(zstdDecompress(packed, large.length), large), 0);
  assert.equal(text(zstdDecompress(frames[0]!, words.length)), words);
});

test('the bound by structure counts packed blocks whole and repeated ones as they say', () => {
  for (const frame of frames) assert.equal(bound(frame), 128 * 1024);
  assert.equal(bound(Buffer.concat([frames[0]!, skippable, frames[1]!])), 256 * 1024);
  const run = Buffer.from('28b52ffd00580b2c0041', 'hex');
  assert.equal(bound(run), 0x2c0b >>> 3);
  assert.equal(text(unzstd(run, 2000)), 'A'.repeat(0x2c0b >>> 3));
});

test('damaged structure is malformed', () => {
  for (const hex of [
    '28b52ffd00',
    '28b52ffd005800',
    '28b52ffd0058070000',
    '28b52ffd0058ffffff',
    '502a4d18ffffffff00',
  ]) {
    assert.throws(() => unzstd(Buffer.from(hex, 'hex'), MEGABYTE), { name: 'Malformed' }, hex);
  }
});

test('a run of millions is stopped at the bound', () => {
  const block = Buffer.from('02001041', 'hex');
  const last = Buffer.from('03001041', 'hex');
  const bomb = Buffer.concat([
    Buffer.from('28b52ffd0058', 'hex'),
    ...Array.from({ length: 20_000 }, () => block),
    last,
  ]);
  assert.equal(bound(bomb), 20_001 * 128 * 1024);
  assert.throws(() => unzstd(bomb, MEGABYTE), { name: 'Malformed', message: 'zstd: more than 1048576 bytes' });
});
