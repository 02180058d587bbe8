import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { offsetForLeaderEpoch } from '../../../src/protocol/messages/023-offset-for-leader-epoch.ts';
import { buildBatch } from '../../../src/records/batch-builder.ts';
import { Codec } from '../../../src/records/batch.ts';
import { put, SOME_TIME, someBatch } from '../batches.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

interface Asked {
  readonly timestamp: number;
  readonly partition?: number;
  readonly currentLeaderEpoch?: number;
  readonly isolationLevel?: number;
  readonly replicaId?: number;
  readonly topic?: string;
}

/** ListOffsets and OffsetForLeaderEpoch (behaviours 43, 50-53). */
export const scenario: Scenario = {
  name: '11-list-offsets',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'l', { partitions: 4 });
    await fill(peer, topic);
    for (const version of versionsOf(listOffsets)) await oneVersion(side, peer, topic, version);
    await times(peer, topic);
    await leaderEpochs(side, peer, topic);
  },
};

/** Partition 0: rising times; 1: the greatest in the middle of a batch; 2: packed, no timestamps at the end; 3: empty. */
async function fill(peer: Peer, topic: Topic): Promise<void> {
  for (let from = 0; from < 30; from += 5) await put(peer, topic, someBatch(5, {}, from));
  await put(peer, topic, at(10, 50, 20), 1);
  await put(peer, topic, at(30, 50, 40), 1);
  await put(peer, topic, someBatch(6, { codec: Codec.gzip }), 2);
  await put(peer, topic, buildBatch([{ value: Buffer.from('x') }]), 2);
}

function at(...moments: number[]): Buffer {
  return buildBatch(moments.map((moment) => ({ value: Buffer.from('x'), timestamp: SOME_TIME + moment })));
}

async function ask(peer: Peer, topic: Topic, version: number, label: string, asked: Asked): Promise<void> {
  const { timestamp, partition = 0, currentLeaderEpoch = -1, isolationLevel = 0, replicaId = -1 } = asked;
  const partitions = [{ partitionIndex: partition, currentLeaderEpoch, timestamp }];
  const request = {
    replicaId,
    isolationLevel: version >= 2 ? isolationLevel : 0,
    topics: [{ name: asked.topic ?? topic.name, partitions }],
    timeoutMs: 5000,
  };
  await peer.call(`${label}, partition ${partition}`, listOffsets, version, request);
}

async function oneVersion(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  for (const timestamp of [-1, -2, -3, -4, -5, -6, -7]) {
    for (const partition of [0, 1, 2, 3])
      await ask(peer, topic, version, `special ${timestamp}`, { timestamp, partition });
  }
  await ask(peer, topic, version, 'by time', { timestamp: SOME_TIME + 12 });
  await ask(peer, topic, version, 'read committed', { timestamp: -1, isolationLevel: 1 });
  await ask(peer, topic, version, 'unknown partition', { timestamp: -1, partition: 9 });
  await ask(peer, topic, version, 'unknown topic', { timestamp: -1, topic: side.name('none') });
  await ask(peer, topic, version, 'a wrong name', { timestamp: -1, topic: 'a/b' });
  await ask(peer, topic, version, 'as follower', { timestamp: -1, replicaId: 7 });
  await ask(peer, topic, version, 'as debugging client', { timestamp: -1, replicaId: -2 });
  const entry = { partitionIndex: 0, timestamp: -1 };
  await peer.call('a partition twice', listOffsets, version, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic.name, partitions: [entry, entry] }],
    timeoutMs: 5000,
  });
  await peer.call('nothing', listOffsets, version, { replicaId: -1, isolationLevel: 0, topics: [], timeoutMs: 5000 });
  if (version < 4) return;
  for (const currentLeaderEpoch of [0, 1, 7])
    await ask(peer, topic, version, `leader epoch ${currentLeaderEpoch}`, { timestamp: -1, currentLeaderEpoch });
}

async function times(peer: Peer, topic: Topic): Promise<void> {
  for (const time of [-1, 0, 1, 4, 5, 29, 30, 1000])
    await ask(peer, topic, 10, `time ${time}`, { timestamp: SOME_TIME + time });
  for (const time of [0, 10, 11, 30, 50, 51])
    await ask(peer, topic, 10, `time ${time}`, { timestamp: SOME_TIME + time, partition: 1 });
  for (const time of [0, 3, 5, 6])
    await ask(peer, topic, 10, `time ${time}`, { timestamp: SOME_TIME + time, partition: 2 });
  await ask(peer, topic, 10, 'time zero', { timestamp: 0 });
  await ask(peer, topic, 10, 'time zero in an empty one', { timestamp: 0, partition: 3 });
}

async function leaderEpochs(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const asked = async (
    label: string,
    version: number,
    partition: number,
    leaderEpoch: number,
    currentLeaderEpoch = -1,
    name = topic.name,
  ): Promise<void> => {
    const topics = [{ topic: name, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }];
    await peer.call(label, offsetForLeaderEpoch, version, { replicaId: -1, topics });
  };
  for (const version of versionsOf(offsetForLeaderEpoch)) {
    for (const epoch of [-1, 0, 1, 5]) {
      await asked(`end of epoch ${epoch}`, version, 0, epoch);
      await asked(`end of epoch ${epoch}, empty`, version, 3, epoch);
    }
    for (const current of [0, 1]) await asked(`leader epoch ${current}`, version, 0, 0, current);
    await asked('unknown partition', version, 9, 0);
    await asked('unknown topic', version, 0, 0, -1, side.name('none'));
    await asked('a wrong name', version, 0, 0, -1, 'a/b');
    await peer.call('nothing', offsetForLeaderEpoch, version, { replicaId: -1, topics: [] });
  }
}
