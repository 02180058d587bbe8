import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { noTopic, put, someBatch, toProduce, topicOf } from '../batches.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const LONG_MS = 400;

/** Fetch without sessions: every version, offsets, epochs, limits, waiting (behaviours 37-44, 47, 49). */
export const scenario: Scenario = {
  name: '09-fetch',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'f', { partitions: 3 });
    for (let from = 0; from < 30; from += 3) await put(peer, topic, someBatch(3, {}, from));
    await put(peer, topic, someBatch(5), 1);
    for (const version of versionsOf(fetch)) await oneVersion(side, peer, topic, version);
    await offsets(peer, topic);
    await limits(peer, topic);
    await epochs(peer, topic);
    await ids(side, peer, topic);
    await waiting(side, topic);
  },
};

async function oneVersion(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  await peer.call(
    'from 0',
    fetch,
    version,
    toFetch(topic, [partitionAt({ fetchOffset: 24 }), partitionAt({ partition: 1 }), partitionAt({ partition: 2 })]),
  );
  await peer.call('at the end', fetch, version, toFetch(topic, [partitionAt({ fetchOffset: 30 })]));
  await peer.call('past the end', fetch, version, toFetch(topic, [partitionAt({ fetchOffset: 31 })]));
  await peer.call('unknown partition', fetch, version, toFetch(topic, [partitionAt({ partition: 9 })]));
  await peer.call('negative partition', fetch, version, toFetch(topic, [partitionAt({ partition: -1 })]));
  await peer.call('unknown topic', fetch, version, toFetch(noTopic(side.name('none')), [partitionAt()]));
  await peer.call('nothing', fetch, version, toFetch(topic, [], { topics: [] }));
  await peer.call(
    'read committed',
    fetch,
    version,
    toFetch(topic, [partitionAt({ partition: 1 })], { isolationLevel: 1 }),
  );
  await peer.call(
    'isolation level 5',
    fetch,
    version,
    toFetch(topic, [partitionAt({ partition: 1 })], { isolationLevel: 5 }),
  );
  await peer.call('a topic without partitions', fetch, version, toFetch(topic, []));
}

async function offsets(peer: Peer, topic: Topic): Promise<void> {
  for (const fetchOffset of [0, 1, 2, 3, 28, 29, -1, -2, 2 ** 40]) {
    await peer.call(
      `offset ${fetchOffset}`,
      fetch,
      12,
      toFetch(topic, [partitionAt({ fetchOffset, partitionMaxBytes: 300 })]),
    );
  }
  const same = [partitionAt({ partition: 1 }), partitionAt({ partition: 1, fetchOffset: 2 })];
  await peer.call('a partition twice', fetch, 12, toFetch(topic, same));
  await peer.call(
    'one right, one wrong',
    fetch,
    12,
    toFetch(topic, [partitionAt({ fetchOffset: 99 }), partitionAt({ partition: 1 })]),
  );
}

async function limits(peer: Peer, topic: Topic): Promise<void> {
  const size = someBatch(3).length;
  const first = partitionAt({ partitionMaxBytes: size });
  for (const partitionMaxBytes of [0, 1, size - 1, size, size + 1, 2 * size - 1, 2 * size, -1]) {
    await peer.call(
      `partition limit ${partitionMaxBytes}`,
      fetch,
      12,
      toFetch(topic, [partitionAt({ partitionMaxBytes })]),
    );
  }
  for (const maxBytes of [0, 1, size, size + 20, 3 * size]) {
    const partitions = [partitionAt({ partition: 2 }), first, partitionAt({ partition: 1 })];
    await peer.call(`limit ${maxBytes}`, fetch, 12, toFetch(topic, partitions, { maxBytes }));
  }
  await peer.call(
    'only the first non-empty may be too large',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partitionMaxBytes: 1 }), partitionAt({ partition: 1, partitionMaxBytes: 1 })]),
  );
}

async function epochs(peer: Peer, topic: Topic): Promise<void> {
  for (const currentLeaderEpoch of [-1, 0, 1, 5]) {
    for (const version of [9, 12, 16]) {
      await peer.call(
        `leader epoch ${currentLeaderEpoch}`,
        fetch,
        version,
        toFetch(topic, [partitionAt({ currentLeaderEpoch, partition: 1 })]),
      );
    }
  }
  for (const lastFetchedEpoch of [-1, 0, 1, 5]) {
    for (const fetchOffset of [0, 3, 5, 6, 9]) {
      const partition = partitionAt({ partition: 1, currentLeaderEpoch: 0, lastFetchedEpoch, fetchOffset });
      await peer.call(
        `last fetched epoch ${lastFetchedEpoch} at ${fetchOffset}`,
        fetch,
        12,
        toFetch(topic, [partition]),
      );
    }
  }
}

async function ids(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const zero = { name: topic.name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' };
  await peer.call('the zero id', fetch, 13, toFetch(zero, [partitionAt()]));
  await peer.call('unknown id', fetch, 13, toFetch(noTopic(''), [partitionAt()]));
  const both = {
    topics: [topic, noTopic(side.name('none'))].map((each) => ({
      ...topicOf(each),
      partitions: [partitionAt({ partition: 1 })],
    })),
  };
  for (const version of [12, 13, 17])
    await peer.call('one topic known, one not', fetch, version, toFetch(topic, [], both));
  await peer.call('a wrong name', fetch, 12, toFetch(noTopic('a/b'), [partitionAt()]));
  await peer.call('as follower 5', fetch, 12, toFetch(topic, [partitionAt({ partition: 1 })], { replicaId: 5 }));
  await peer.call(
    'as debugging consumer',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 1 })], { replicaId: -2 }),
  );
  await peer.call('with a rack', fetch, 12, toFetch(topic, [partitionAt({ partition: 1 })], { rackId: 'x' }));
  await peer.call(
    'with another cluster id',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 1 })], { clusterId: 'other' }),
  );
}

async function waiting(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const slowMs = LONG_MS / 2;
  const wait = { maxWaitMs: LONG_MS, minBytes: 1 };
  await peer.call('empty: waits', fetch, 12, toFetch(topic, [partitionAt({ partition: 2 })], wait), { slowMs });
  await peer.call('data: at once', fetch, 12, toFetch(topic, [partitionAt({ partition: 1 })], wait), { slowMs });
  await peer.call(
    'an error: at once',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 2 }), partitionAt({ partition: 9 })], wait),
    { slowMs },
  );
  await peer.call(
    'too little: waits',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 1 })], { ...wait, minBytes: 10_000 }),
    { slowMs },
  );
  await peer.call(
    'no minimum: at once',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 2 })], { ...wait, minBytes: 0 }),
    { slowMs },
  );
  await peer.call(
    'no wait: at once',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 2 })], { maxWaitMs: 0, minBytes: 1 }),
    { slowMs },
  );
  await peer.call(
    'negative wait',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 2 })], { maxWaitMs: -1, minBytes: 1 }),
    { slowMs },
  );
  await peer.call(
    'a diverging epoch: at once',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 1, lastFetchedEpoch: 0, fetchOffset: 9 })], wait),
    { slowMs },
  );
  await peer.call('no partitions: at once', fetch, 12, toFetch(topic, [], { ...wait, topics: [] }), { slowMs });
  const parked = peer.call(
    'woken by an append',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 2 })], { maxWaitMs: 10_000, minBytes: 1 }),
    { slowMs: 5000 },
  );
  await side.peer().call('the append', produce, 12, toProduce(topic, someBatch(1), { partition: 2 }));
  await parked;
}
