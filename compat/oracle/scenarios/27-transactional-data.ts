import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { writeTxnMarkers } from '../../../src/protocol/messages/027-write-txn-markers.ts';
import { describeProducers } from '../../../src/protocol/messages/061-describe-producers.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { bentBatch, noTopic, put, someBatch, toProduce, topicOf } from '../batches.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';
import { decided, enrol, finish, toProduceIn, transactor, type Transactor } from '../transactions.ts';

type Marker = Write<typeof writeTxnMarkers.request.fields>['markers'][number];

/** Transactions in partitions: what may be produced, markers, reading committed, producers (behaviours 33-36, 42, 81-87). */
export const scenario: Scenario = {
  name: '27-transactional-data',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', { partitions: 4 });
    await strangers(side, peer, topic);
    await notEnrolled(side, peer, topic);
    await verifiedOnce(side, peer, topic);
    await implicitly(side, peer, topic);
    await mixed(side, peer, topic);
    await markers(side, peer);
    await readers(side, peer);
  },
};

const PRODUCE_VERSIONS = versionsOf(produce).filter((version) => version >= 3);

/** Ids that no coordinator gave out. */
async function strangers(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const nobody: Transactor = { transactionalId: side.name('nobody'), producerId: 888_888_888, producerEpoch: 0 };
  for (const version of PRODUCE_VERSIONS) {
    const without = { transactionalId: null };
    await peer.call('no transactional id', produce, version, toProduceIn(nobody, topic, 0, { request: without }));
    await peer.call('an id that nobody has', produce, version, toProduceIn(nobody, topic, 0));
    await peer.call('an empty id', produce, version, toProduceIn({ ...nobody, transactionalId: '' }, topic, 0));
  }
  await peer.tell(
    'no transactional id, acks 0',
    produce,
    12,
    toProduceIn(nobody, topic, 0, { request: { transactionalId: null, acks: 0 } }),
  );
  const again = side.peer();
  await again.tell(
    'an id that nobody has, acks 0',
    produce,
    12,
    toProduceIn(nobody, topic, 0, { request: { acks: 0 } }),
  );
  const third = side.peer();
  await third.call('acks 2', produce, 12, toProduceIn(nobody, topic, 0, { request: { acks: 2 } }));
  await third.call(
    'without a producer',
    produce,
    12,
    toProduceIn(nobody, topic, -1, { batch: { producerId: -1, producerEpoch: -1 } }),
  );
  await third.call('a negative sequence', produce, 12, toProduceIn(nobody, topic, -1));
}

async function notEnrolled(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const who = await transactor(side, peer, 'not-enrolled');
  for (const version of PRODUCE_VERSIONS.filter((each) => each < 12)) {
    await peer.call('not enrolled', produce, version, toProduceIn(who, topic, 0));
    await peer.call('another epoch', produce, version, toProduceIn({ ...who, producerEpoch: 7 }, topic, 0));
    await peer.call(
      'another producer',
      produce,
      version,
      toProduceIn({ ...who, producerId: who.producerId + 100_000 }, topic, 0),
    );
  }
  await enrol(peer, who, topic, [1]);
  await peer.call('another partition is enrolled', produce, 11, toProduceIn(who, topic, 0));
  await peer.call('this one is enrolled', produce, 11, toProduceIn(who, topic, 0, { partition: 1 }));
  await peer.call(
    'an older epoch',
    produce,
    11,
    toProduceIn({ ...who, producerEpoch: -1 }, topic, 0, { partition: 1 }),
  );
  await finish(peer, who, false, { version: 4, topics: [[topic, 1]] });
  await peer.call('after the end', produce, 11, toProduceIn(who, topic, 1, { partition: 1 }));
}

/** Version 1: the coordinator is asked before the first batch of a transaction in a partition. */
async function verifiedOnce(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const who = await transactor(side, peer, 'version-1');
  await enrol(peer, who, topic, [0]);
  await peer.call('starts at sequence 5', produce, 11, toProduceIn(who, topic, 5, { count: 2 }));
  await peer.call('goes on', produce, 11, toProduceIn(who, topic, 7));
  await peer.call('once more', produce, 11, toProduceIn(who, topic, 7));
  await peer.call('a gap', produce, 11, toProduceIn(who, topic, 10));
  const bare = { request: { transactionalId: null }, batch: { transactional: false } };
  await peer.call('not in the transaction', produce, 11, toProduceIn(who, topic, 8, bare));
  await describe(peer, topic, 'open', [0, 1]);
  await peer.call('committed so far', fetch, 12, toFetch(topic, [partitionAt()], { isolationLevel: 1 }));
  await finish(peer, who, true, { version: 4, topics: [[topic, 0]] });
  await describe(peer, topic, 'committed', [0, 1]);
  await peer.call('committed', fetch, 12, toFetch(topic, [partitionAt()], { isolationLevel: 1 }));
  await enrol(peer, who, topic, [0]);
  await peer.call('the next one, a gap', produce, 11, toProduceIn(who, topic, 20));
  await peer.call('the next one', produce, 11, toProduceIn(who, topic, 8));
  await finish(peer, who, false, { version: 4, topics: [[topic, 0]] });
  await peer.call('aborted', fetch, 12, toFetch(topic, [partitionAt()], { isolationLevel: 1 }));
  const again = await transactor(side, peer, 'version-1');
  await enrol(peer, again, topic, [0]);
  await peer.call('fenced', produce, 11, toProduceIn(who, topic, 9));
  await peer.call('a new epoch, not from 0', produce, 11, toProduceIn(again, topic, 9));
  await peer.call('a new epoch', produce, 11, toProduceIn(again, topic, 0));
  await peer.call('fenced there', produce, 11, toProduceIn(who, topic, 9));
  await finish(peer, again, true, { version: 4, topics: [[topic, 0]] });
}

/** Version 2: the broker adds the partition, and the epoch rises with each transaction. */
async function implicitly(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const who = await transactor(side, peer, 'version-2');
  const before = { ...who };
  await peer.call('starts at sequence 3', produce, 12, toProduceIn(who, topic, 3, { partition: 2 }));
  await peer.call('starts at sequence 0', produce, 12, toProduceIn(who, topic, 0, { partition: 2 }));
  await peer.call('by topic id', produce, 13, toProduceIn(who, topic, 1, { partition: 2 }));
  await peer.call('version 11 goes on', produce, 11, toProduceIn(who, topic, 2, { partition: 2 }));
  await peer.call('a higher epoch', produce, 12, toProduceIn({ ...who, producerEpoch: 9 }, topic, 0, { partition: 2 }));
  await peer.call(
    'another producer',
    produce,
    12,
    toProduceIn({ ...who, producerId: who.producerId + 100_000 }, topic, 0, { partition: 2 }),
  );
  await describe(peer, topic, 'open', [2]);
  await finish(peer, who, true, { topics: [[topic, 2]] });
  await describe(peer, topic, 'after the marker', [2]);
  await peer.call('of the last epoch', produce, 12, toProduceIn(before, topic, 3, { partition: 2 }));
  await peer.call('of the last epoch, again', produce, 12, toProduceIn(before, topic, 1, { partition: 2 }));
  await peer.call('the new epoch, not from 0', produce, 12, toProduceIn(who, topic, 3, { partition: 2 }));
  await peer.call('the new epoch', produce, 12, toProduceIn(who, topic, 0, { partition: 2 }));
  await finish(peer, who, false, { topics: [[topic, 2]] });
  await peer.call('committed', fetch, 12, toFetch(topic, [partitionAt({ partition: 2 })], { isolationLevel: 1 }));
}

function batchIn({ producerId, producerEpoch }: Transactor, baseSequence: number, epoch = producerEpoch): Buffer {
  return someBatch(1, { producerId, producerEpoch: epoch, baseSequence, transactional: true });
}

/** Requests with several batches. */
async function mixed(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const one = await transactor(side, peer, 'one');
  const two = await transactor(side, peer, 'two');
  const broken = bentBatch(someBatch(), (view, { crc }) => view.setInt32(crc, 1), { keepCrc: true });
  const { transactionalId } = one;
  const several = (batches: readonly (readonly [number, Uint8Array | null])[], at = topic) => ({
    ...toProduce(at, null, { transactionalId }),
    topicData: [{ ...topicOf(at), partitionData: batches.map(([index, records]) => ({ index, records })) }],
  });
  for (const version of [11, 12]) {
    const send = (label: string, batches: readonly (readonly [number, Uint8Array | null])[]) =>
      peer.call(label, produce, version, several(batches));
    await send('two producers', [
      [0, batchIn(one, 0)],
      [3, batchIn(two, 0)],
    ]);
    await send('two epochs', [
      [0, batchIn(one, 0)],
      [3, batchIn(one, 0, 3)],
    ]);
    await send('two producers, one partition unknown', [
      [0, batchIn(one, 0)],
      [30, batchIn(two, 0)],
    ]);
    await send('one is not transactional', [
      [3, batchIn(one, 0)],
      [0, someBatch()],
    ]);
    await send('one partition is unknown', [
      [3, batchIn(one, 0)],
      [99, batchIn(one, 0)],
    ]);
    await send('one batch is broken', [
      [3, batchIn(one, 1)],
      [0, broken],
    ]);
  }
  const both = toProduceIn(one, topic, 2, { partition: 3 });
  const elsewhere = noTopic(side.name('none'));
  const split = {
    ...both,
    topicData: [...both.topicData, { ...topicOf(elsewhere), partitionData: [{ index: 0, records: batchIn(one, 0) }] }],
  };
  await peer.call('one topic is unknown', produce, 12, split);
  await peer.call('one topic is unknown', produce, 13, split);
  const internal = { name: '__consumer_offsets', topicId: topic.topicId };
  await peer.call('an internal topic', produce, 12, toProduceIn(one, internal, 0));
  await finish(peer, one, false, { topics: [[topic, 3]] });
}

async function describe(peer: Peer, topic: Topic, label: string, partitionIndexes: number[]): Promise<void> {
  await peer.call(
    label,
    describeProducers,
    0,
    { topics: [{ name: topic.name, partitionIndexes }] },
    {
      pick: ({ topics }) =>
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions
            .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
            .map((partition) => ({
              ...partition,
              activeProducers: partition.activeProducers.toSorted((a, b) => a.producerId - b.producerId),
            })),
        })),
    },
  );
}

function markerOf(who: Transactor, topic: string, partitionIndexes: number[], more: Partial<Marker> = {}): Marker {
  return {
    producerId: who.producerId,
    producerEpoch: who.producerEpoch,
    transactionResult: false,
    topics: [{ name: topic, partitionIndexes }],
    coordinatorEpoch: 5,
    transactionVersion: 0,
    ...more,
  };
}

const sortedMarkers = {
  pick: ({
    markers: answers,
  }: {
    markers: readonly {
      producerId: number;
      topics: readonly { name: string; partitions: readonly { partitionIndex: number }[] }[];
    }[];
  }) =>
    answers
      .toSorted((a, b) => a.producerId - b.producerId)
      .map(({ producerId, topics }) => ({
        producerId,
        topics: topics
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .map(({ name, partitions }) => ({
            name,
            partitions: partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
          })),
      })),
};

/** WriteTxnMarkers, as coordinators and the admin's abort send it. */
async function markers(side: Side, peer: Peer): Promise<void> {
  const topic = await createTopic(side, 'm', { partitions: 3 });
  const who = await transactor(side, peer, 'marked');
  const send = async (label: string, version: number, ...sent: Marker[]): Promise<void> => {
    await peer.call(label, writeTxnMarkers, version, { markers: sent }, sortedMarkers);
  };
  for (const version of [1, 2]) await send('none', version);
  await peer.call('a batch', produce, 12, toProduceIn(who, topic, 0, { count: 2 }));
  await send('no epoch', 1, markerOf({ ...who, producerEpoch: -1 }, topic.name, [0]));
  await send('no producer', 1, markerOf({ ...who, producerId: -1 }, topic.name, [0]));
  await send('version 2 wants a higher epoch', 2, markerOf(who, topic.name, [0], { transactionVersion: 2 }));
  await send('an abort', 1, markerOf(who, topic.name, [0]));
  await send('an older coordinator', 1, markerOf(who, topic.name, [0], { coordinatorEpoch: 4 }));
  await send('the same once more', 1, markerOf(who, topic.name, [0]));
  await describe(peer, topic, 'after markers', [0]);
  await send('version 2, nothing is open', 2, markerOf(who, topic.name, [0], { transactionVersion: 2 }));
  const higher = { ...who, producerEpoch: who.producerEpoch + 1 };
  await send('version 2, a higher epoch', 2, markerOf(higher, topic.name, [0], { transactionVersion: 2 }));
  await send('version 2, again', 2, markerOf(higher, topic.name, [0], { transactionVersion: 2 }));
  await send('version 1, again', 2, markerOf(higher, topic.name, [0], { transactionVersion: 1 }));
  await send('version 2, a lower epoch', 2, markerOf(who, topic.name, [0], { transactionVersion: 2 }));
  await peer.call('the log', fetch, 12, toFetch(topic, [partitionAt()], { isolationLevel: 1 }));
  await describe(peer, topic, 'in the end', [0]);
  const stranger: Transactor = { transactionalId: '', producerId: 999_999_001, producerEpoch: 4 };
  await send('nobody wrote before', 1, markerOf(stranger, topic.name, [1], { transactionResult: true }));
  await describe(peer, topic, 'of nobody', [1]);
  await send('somewhere else too', 1, markerOf(stranger, topic.name, [1, 9, -1]));
  const other: Transactor = { ...stranger, producerId: 999_999_002 };
  const nowhere = side.name('none');
  await send('nowhere', 1, markerOf(stranger, nowhere, [0, 1]), markerOf(other, nowhere, [2]));
  await send(
    'of two producers',
    1,
    markerOf(stranger, topic.name, [1]),
    markerOf(other, topic.name, [1], { coordinatorEpoch: 0 }),
  );
  await send(
    'two of one producer',
    1,
    markerOf(stranger, topic.name, [1]),
    markerOf(stranger, topic.name, [2], { coordinatorEpoch: 1 }),
  );
  await send('of groups', 1, markerOf(stranger, '__consumer_offsets', [0]));
  await peer.call(
    'the log of nobody',
    fetch,
    12,
    toFetch(topic, [partitionAt({ partition: 1 })], { isolationLevel: 1 }),
  );
  const appendTime = await createTopic(side, 'append-time', { configs: { 'message.timestamp.type': 'LogAppendTime' } });
  await send('with append time', 1, markerOf(stranger, appendTime.name, [0]));
  await peer.call('the log with append time', fetch, 12, toFetch(appendTime, [partitionAt()]));
}

/** What readers of committed records are told, from every offset. */
async function readers(side: Side, peer: Peer): Promise<void> {
  const topic = await createTopic(side, 'r');
  const [a, b, c] = [
    await transactor(side, peer, 'a'),
    await transactor(side, peer, 'b'),
    await transactor(side, peer, 'c'),
  ];
  const sequences = new Map<Transactor, number>();
  const write = async (who: Transactor, count: number): Promise<void> => {
    const sequence = sequences.get(who) ?? 0;
    sequences.set(who, sequence + count);
    const { producerId, producerEpoch, transactionalId } = who;
    const bytes = someBatch(count, { producerId, producerEpoch, baseSequence: sequence, transactional: true });
    const answer = await peer.quiet(produce, 12, toProduce(topic, bytes, { transactionalId }));
    const error = answer?.responses[0]?.partitionResponses[0]?.errorCode;
    if (error !== 0) throw new Error(`not written: ${error}`);
  };
  const end = async (who: Transactor, commits: boolean): Promise<void> => {
    const before = await endOf(peer, topic);
    await finish(peer, who, commits);
    sequences.delete(who);
    for (let tries = 0; (await endOf(peer, topic)) === before && tries < 1000; tries++);
  };
  const look = async (label: string): Promise<void> => {
    const last = await endOf(peer, topic);
    for (let fetchOffset = 0; fetchOffset <= last; fetchOffset++) {
      const request = toFetch(topic, [partitionAt({ fetchOffset })], { isolationLevel: 1 });
      await peer.call(`${label}, from ${fetchOffset}`, fetch, 12, request, {
        pick: ({ responses }) =>
          responses[0]?.partitions.map(({ records, ...rest }) => ({ ...rest, bytes: records?.length ?? null })),
      });
    }
    for (const timestamp of [-1, -2, -3, 0]) {
      for (const isolationLevel of [0, 1]) {
        await peer.call(`${label}, ${timestamp} at level ${isolationLevel}`, listOffsets, 7, {
          replicaId: -1,
          isolationLevel,
          topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp }] }],
          timeoutMs: 0,
        });
      }
    }
  };
  await write(a, 2);
  await write(b, 1);
  await look('two open');
  await end(b, false);
  await look('the younger aborted');
  await write(c, 1);
  await end(c, false);
  await write(c, 2);
  await look('two aborted behind one open');
  await end(a, true);
  await look('the oldest committed');
  await put(peer, topic, someBatch(1));
  await end(c, false);
  await decided(peer, topic);
  await look('all decided');
  for (const version of versionsOf(fetch)) {
    await peer.call(
      'in all versions',
      fetch,
      version,
      toFetch(topic, [partitionAt({ fetchOffset: 3 })], { isolationLevel: 1 }),
    );
  }
  await peer.call('uncommitted', fetch, 12, toFetch(topic, [partitionAt()]));
}

async function endOf(peer: Peer, topic: Topic): Promise<number> {
  const answer = await peer.quiet(listOffsets, 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    timeoutMs: 0,
  });
  return answer?.topics[0]?.partitions[0]?.offset ?? -1;
}
