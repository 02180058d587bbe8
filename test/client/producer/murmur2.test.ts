import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionForKey } from '../../../src/client/producer/murmur2.ts';

/** Captured from Kafka 4.3.1: a key, Utils.murmur2 of its UTF-8, and its partition of seven. */
const vectors: readonly (readonly [string, number, number])[] = [
  ['', 275646681, 2],
  ['a', -1563381124, 5],
  ['ab', 316155434, 0],
  ['abc', 479470107, 4],
  ['abcd', -1323649548, 5],
  ['abcde', 461995741, 4],
  ['user-1', 1404122828, 3],
  ['order-4711', 1584983611, 1],
  ['21', -973932308, 3],
  ['foobar', -790332482, 0],
  ['a-little-bit-long-string', -985981536, 1],
  ['a-little-bit-longer-string', -1486304829, 0],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971, 3],
  ['상자', -477816286, 6],
  ['žluťoučký kůň', 874861404, 4],
];

test('keys hash and go where Java sends them', () => {
  for (const [key, hash, partition] of vectors) {
    assert.equal(murmur2(Buffer.from(key)), hash, key);
    assert.equal(partitionForKey(Buffer.from(key), 7), partition, key);
  }
});

test('bytes above 127 hash as in Java, whatever the length is modulo four', () => {
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.equal(murmur2(all), -1948347274);
  assert.equal(murmur2(all.subarray(3)), -1251964386);
  assert.equal(murmur2(all.subarray(2)), 773798786);
  assert.equal(murmur2(all.subarray(1)), -40751598);
});
