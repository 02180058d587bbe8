import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxh3 } from '../../src/base/xxh3.ts';

/** Hashes of `length` bytes of i * 7 + 3, as the library that Kafka uses makes them. */
const EXPECTED: readonly [length: number, hash: string][] = [
  [0, '2d06800538d394c2'],
  [1, '13e608bc156defed'],
  [3, 'a9088dda485b481c'],
  [4, '6d9253b16c8b1ed3'],
  [8, '60539db630471163'],
  [9, 'feff668361d723a8'],
  [16, 'b8c859b0f030b585'],
  [17, '714a04408e79b80f'],
  [64, '287eb1fa9e4be2c1'],
  [128, '67425a03650261bf'],
  [129, 'c664bf3311c6abc4'],
  [200, '746cd0025327bf5b'],
  [240, '64556dc6b462a6cf'],
  [241, '8beadd3a8874fe17'],
  [256, '3c38817f6d79c0da'],
  [500, 'b8bc3e5683ce226a'],
  [1000, '6c4f14bd97bd9e82'],
  [1024, '9b81661c641c72b1'],
  [1025, '806c2072ed713576'],
  [3000, 'c89178bb873c6b3d'],
  [9000, '2cd6aae7bddb903a'],
];

for (const [length, hash] of EXPECTED) {
  test(`the hash of ${length} bytes is that of Kafka's library`, () => {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + 3);
    assert.equal(BigInt.asUintN(64, xxh3(bytes)).toString(16).padStart(16, '0'), hash);
  });
}
