import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupTopics } from '../../../src/coordinator/group/group-topics.ts';
import { hashTopic, TopicHashes } from '../../../src/coordinator/group/topic-hashes.ts';

const ID = Buffer.from('0000000000000001fffffffffffffffe', 'hex').toString('base64url');

function topicsOf(partitions: Map<string, number>, racks: string[] = []): GroupTopics {
  return {
    topicId: (name) => (partitions.has(name) ? ID : undefined),
    topicName: () => undefined,
    partitionCount: (name) => partitions.get(name),
    racks: () => racks,
    names: () => [...partitions.keys()],
    revision: () => 1,
  };
}

test('the hash of a topic is that of Kafka', () => {
  const hash = hashTopic('orders', topicsOf(new Map([['orders', 3]])));
  assert.equal(BigInt.asUintN(64, hash).toString(16), 'cfa0801e8ff72179');
});

test('the hash of no topics, and of such as do not exist, is zero', () => {
  const hashes = new TopicHashes(topicsOf(new Map()));
  assert.equal(hashes.of([]), 0n);
  assert.equal(hashes.of(['nothing']), 0n);
});

test('the order of topics and racks does not matter, everything else does', () => {
  const partitions = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const hashes = new TopicHashes(topicsOf(partitions, ['x', 'y']));
  const both = hashes.of(['a', 'b']);
  assert.equal(hashes.of(['b', 'a', 'nothing']), both);
  assert.equal(new TopicHashes(topicsOf(partitions, ['y', 'x'])).of(['a', 'b']), both);
  assert.notEqual(new TopicHashes(topicsOf(partitions, ['y'])).of(['a', 'b']), both);
  assert.notEqual(hashes.of(['a']), both);
  partitions.set('b', 3);
  assert.equal(hashes.of(['a', 'b']), both, 'kept until told');
  hashes.forget('b');
  assert.notEqual(hashes.of(['a', 'b']), both);
});
