import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeRandom } from '../../src/runtime/node-random.ts';

const filled = (length: number): string => {
  const bytes = Buffer.alloc(length);
  nodeRandom.fill(bytes);
  return bytes.toString('hex');
};

test('ids never repeat, over many refills of the pool', () => {
  const ids = Array.from({ length: 2000 }, () => filled(16));
  assert.equal(new Set(ids).size, ids.length);
  assert(!ids.includes('0'.repeat(32)));
});

test('fills whatever length is asked for to the end', () => {
  for (const length of [0, 1, 255, 256, 257, 4096, 70_000]) {
    const hex = filled(length);
    assert.equal(hex.length, length * 2);
    if (length >= 16) assert.notEqual(hex.slice(-32), '0'.repeat(32));
  }
});
