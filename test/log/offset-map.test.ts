import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH_WORDS, hashKey } from '../../src/log/cleaning/key-hash.ts';
import { OffsetMap } from '../../src/log/cleaning/offset-map.ts';

function put(map: OffsetMap, key: string, offset: number): boolean {
  const bytes = Buffer.from(key);
  return map.put(bytes, 0, bytes.length, offset);
}

function get(map: OffsetMap, key: string): number {
  const bytes = Buffer.from(key);
  return map.get(bytes, 0, bytes.length);
}

test('the latest offset of each key is kept, beyond 2^32 too', () => {
  const map = new OffsetMap({ bytesMax: 1_000_000, keysMax: 10, loadFactor: 0.9 });
  assert.equal(get(map, 'a'), -1);
  put(map, 'a', 0);
  assert.equal(get(map, 'a'), 0);
  put(map, '', 2 ** 32 - 1);
  put(map, 'a', 2 ** 40 + 5);
  assert.deepEqual([get(map, ''), get(map, 'a'), get(map, 'b')], [2 ** 32 - 1, 2 ** 40 + 5, -1]);
  assert.deepEqual([map.size, map.latestOffset], [2, 2 ** 40 + 5]);
});

test('memory is bounded, and no larger than the keys can need', () => {
  assert.equal(new OffsetMap({ bytesMax: 2400, keysMax: 1e9, loadFactor: 0.9 }).bytes, 2400);
  assert.ok(new OffsetMap({ bytesMax: 1e9, keysMax: 90, loadFactor: 0.9 }).bytes <= 24 * 102);
});

test('a full map takes no more and knows what it has', () => {
  const map = new OffsetMap({ bytesMax: 24 * 1000, keysMax: 1e6, loadFactor: 0.9 });
  let count = 0;
  while (put(map, `key-${count}`, count)) count++;
  assert.equal(count, 900);
  assert.equal(map.latestOffset, 899);
  for (let index = 0; index < count; index++) assert.equal(get(map, `key-${index}`), index);
  assert.equal(get(map, 'key-900'), -1);
});

test('keys of any length hash apart, wherever they lie', () => {
  const seen = new Set<string>();
  const hash = new Int32Array(HASH_WORDS);
  for (let length = 0; length <= 40; length++) {
    for (let bit = 0; bit < Math.max(1, length * 8); bit++) {
      const bytes = Buffer.alloc(length + 7);
      if (length > 0) bytes[3 + (bit >> 3)]! ^= 1 << (bit & 7);
      hashKey(bytes, 3, length, hash);
      const here = hash.join(' ');
      assert.ok(!seen.has(here), `length ${length}, bit ${bit}`);
      seen.add(here);
      hashKey(Buffer.from(bytes.subarray(3, 3 + length)), 0, length, hash);
      assert.equal(hash.join(' '), here);
    }
  }
});
