import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { deleteRecords } from '../../../src/protocol/messages/021-delete-records.ts';
import { put, someBatch } from '../batches.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** DeleteRecords, and what other answers say of the moved start (behaviour 54). */
export const scenario: Scenario = {
  name: '12-delete-records',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'd', { partitions: 2 });
    for (let from = 0; from < 30; from += 3) await put(peer, topic, someBatch(3, {}, from));
    for (const version of versionsOf(deleteRecords)) {
      await remove(peer, topic.name, version, `to ${version + 1}`, version + 1);
      await remove(peer, topic.name, version, 'below the start', 0);
      await remove(peer, topic.name, version, 'past the end', 31);
      await remove(peer, topic.name, version, 'unknown partition', 0, 9);
      await remove(peer, side.name('none'), version, 'unknown topic', 0);
      await remove(peer, 'a/b', version, 'a wrong name', 0);
      await remove(peer, topic.name, version, 'offset -2', -2);
      await peer.call('nothing', deleteRecords, version, { topics: [], timeoutMs: 5000 });
    }
    await afterwards(peer, topic);
    await remove(peer, topic.name, 2, 'to the end', -1);
    await remove(peer, topic.name, 2, 'an empty one', -1, 1);
    await afterwards(peer, topic);
    await put(peer, topic, someBatch(1));
    await afterwards(peer, topic);
    await policies(side, peer);
  },
};

async function remove(
  peer: Peer,
  name: string,
  version: number,
  label: string,
  offset: number,
  partitionIndex = 0,
): Promise<void> {
  const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
  await peer.call(label, deleteRecords, version, { topics, timeoutMs: 5000 });
}

async function afterwards(peer: Peer, topic: Topic): Promise<void> {
  for (const timestamp of [-1, -2, -3, -4]) {
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp }] }];
    await peer.call(`offset of ${timestamp}`, listOffsets, 8, {
      replicaId: -1,
      isolationLevel: 0,
      topics,
      timeoutMs: 5000,
    });
  }
  for (const fetchOffset of [0, 2, 3, 4, 30]) {
    await peer.call(
      `fetch from ${fetchOffset}`,
      fetch,
      12,
      toFetch(topic, [partitionAt({ fetchOffset, partitionMaxBytes: 150 })]),
    );
  }
}

async function policies(side: Side, peer: Peer): Promise<void> {
  for (const policy of ['compact', 'compact,delete', '']) {
    const topic = await createTopic(side, `policy-${policy.replace(',', '-')}`, {
      configs: { 'cleanup.policy': policy },
    });
    await put(peer, topic, someBatch(2));
    await remove(peer, topic.name, 2, `policy '${policy}'`, 1);
  }
  await remove(peer, '__consumer_offsets', 2, 'an internal topic', 0);
}
