import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { deleteRecords } from '../../../src/protocol/messages/021-delete-records.ts';
import { offsetForLeaderEpoch } from '../../../src/protocol/messages/023-offset-for-leader-epoch.ts';
import { describeProducers } from '../../../src/protocol/messages/061-describe-producers.ts';
import { put, someBatch, toProduce } from '../batches.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Requests for a partition to its leader, to a follower, and to a broker that has no replica of it (KIP-951). */
export const scenario: Scenario = {
  name: '52-wrong-broker',
  brokers: 3,
  async run(side: Side) {
    const topic = await createTopic(side, 'led', {
      replicas: [
        [2, 3],
        [3, 2],
      ],
    });
    await put(side.peer('oracle', 2), topic, someBatch(3));
    await put(side.peer('oracle', 3), topic, someBatch(2), 1);
    for (const [role, broker] of [
      ['no replica', 1],
      ['a follower', 3],
      ['the leader', 2],
    ] as const) {
      const peer = side.peer('oracle', broker);
      await writing(peer, topic, role);
      await reading(peer, topic, role);
      await offsets(peer, topic, role);
    }
  },
};

async function writing(peer: Peer, topic: Topic, role: string): Promise<void> {
  if (role !== 'the leader') {
    for (const version of versionsOf(produce)) {
      for (const acks of [1, -1])
        await peer.call(`acks ${acks}, ${role}`, produce, version, toProduce(topic, someBatch(), { acks }));
    }
    await peer.tell(`acks 0, ${role}`, produce, 12, toProduce(topic, someBatch(), { acks: 0 }));
  }
  const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, offset: 0 }] }];
  await peer.call(`delete records, ${role}`, deleteRecords, 2, { topics, timeoutMs: 5000 });
  const asked = [{ name: topic.name, partitionIndexes: [0, 9] }];
  await peer.call(`producers, ${role}`, describeProducers, 0, { topics: asked });
}

async function reading(peer: Peer, topic: Topic, role: string): Promise<void> {
  for (const version of versionsOf(fetch)) {
    await peer.call(role, fetch, version, toFetch(topic, [partitionAt()]));
    if (version >= 9) {
      for (const currentLeaderEpoch of [0, 1, 7]) {
        const at = partitionAt({ currentLeaderEpoch });
        await peer.call(`${role}, epoch ${currentLeaderEpoch}`, fetch, version, toFetch(topic, [at]));
      }
    }
    if (version >= 11)
      await peer.call(
        `${role}, from a rack`,
        fetch,
        version,
        toFetch(topic, [partitionAt(), partitionAt({ partition: 1 })], { rackId: 'rack-3' }),
      );
    await peer.call(`${role}, past the end`, fetch, version, toFetch(topic, [partitionAt({ fetchOffset: 99 })]));
  }
  if (role === 'the leader') return;
  const own = partitionAt({ partition: 1 });
  await peer.call(`${role}, and one more`, fetch, 16, toFetch(topic, [partitionAt(), own]));
  const began = { sessionEpoch: 0, sessionId: 0 };
  await peer.call(`${role}, in a session`, fetch, 16, toFetch(topic, [partitionAt(), own], began));
}

async function offsets(peer: Peer, topic: Topic, role: string): Promise<void> {
  for (const version of versionsOf(listOffsets)) {
    for (const currentLeaderEpoch of version >= 4 ? [-1, 0, 7] : [-1]) {
      for (const timestamp of [-1, -2]) {
        await peer.call(`${role}, epoch ${currentLeaderEpoch}, ${timestamp}`, listOffsets, version, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp }] }],
          timeoutMs: 5000,
        });
      }
    }
    await peer.call(`${role}, as debugging client`, listOffsets, version, {
      replicaId: -2,
      isolationLevel: 0,
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      timeoutMs: 5000,
    });
  }
  for (const version of versionsOf(offsetForLeaderEpoch)) {
    for (const currentLeaderEpoch of [-1, 0, 7]) {
      for (const leaderEpoch of [0, 5]) {
        const topics = [{ topic: topic.name, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }];
        const label = `${role}, epoch ${currentLeaderEpoch}, of ${leaderEpoch}`;
        await peer.call(label, offsetForLeaderEpoch, version, { replicaId: -1, topics });
      }
    }
  }
}
