import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { initProducerId } from '../../../src/protocol/messages/022-init-producer-id.ts';
import { describeProducers } from '../../../src/protocol/messages/061-describe-producers.ts';
import { someBatch, toProduce } from '../batches.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const nobody = { transactionalId: null, transactionTimeoutMs: 60_000 };

/** Producer ids and sequences: duplicates, gaps, epochs, wrap-around, and DescribeProducers (behaviours 32-36). */
export const scenario: Scenario = {
  name: '07-produce-idempotent',
  async run(side: Side) {
    const peer = side.peer();
    await producerIds(peer);
    const topic = await createTopic(side, 'i', { partitions: 4 });
    await sequences(peer, topic);
    await epochs(peer, topic);
    await wrapAround(peer, topic);
    await describe(side, peer, topic);
  },
};

async function producerIds(peer: Peer): Promise<void> {
  for (const version of versionsOf(initProducerId).filter((v) => v < 6)) {
    await peer.call('a producer id', initProducerId, version, nobody);
    await peer.call('an empty transactional id', initProducerId, version, { ...nobody, transactionalId: '' });
  }
  await peer.call('timeout 0', initProducerId, 5, { ...nobody, transactionTimeoutMs: 0 });
  await peer.call('an id without transactions', initProducerId, 5, {
    ...nobody,
    producerId: 999_999,
    producerEpoch: 1,
  });
  await peer.call('an id without epoch', initProducerId, 5, { ...nobody, producerId: 999_999 });
  await peer.call('an epoch without id', initProducerId, 5, { ...nobody, producerEpoch: 5 });
}

async function newProducer(peer: Peer): Promise<number> {
  const answer = await peer.quiet(initProducerId, 4, nobody);
  if (answer === undefined || answer.errorCode !== 0) throw new Error('no producer id');
  return answer.producerId;
}

async function sequences(peer: Peer, topic: Topic): Promise<void> {
  const producerId = await newProducer(peer);
  const send = async (label: string, baseSequence: number, count: number, producerEpoch = 0): Promise<void> => {
    const bytes = someBatch(count, { producerId, producerEpoch, baseSequence });
    await peer.call(label, produce, 12, toProduce(topic, bytes));
  };
  await send('0-1', 0, 2);
  await send('0-1 again', 0, 2);
  await send('2', 2, 1);
  await send('a gap: 5', 5, 1);
  await send('overlaps: 1-2', 1, 2);
  await send('0 alone', 0, 1);
  for (let sequence = 3; sequence < 8; sequence++) await send(`${sequence}`, sequence, 1);
  await send('3 again: the fifth last', 3, 1);
  await send('2 again: no longer kept', 2, 1);
  await send('0-1 again: no longer kept', 0, 2);
  await send('no sequence', -1, 1);
  const other = await newProducer(peer);
  const first = someBatch(1, { producerId: other, producerEpoch: 0, baseSequence: 7 });
  await peer.call('an unknown producer starts at 7', produce, 12, toProduce(topic, first));
  await peer.call(
    'in version 11',
    produce,
    11,
    toProduce(topic, someBatch(1, { producerId: other, producerEpoch: 0, baseSequence: 8 })),
  );
  await peer.call(
    'in acks 1',
    produce,
    9,
    toProduce(topic, someBatch(1, { producerId: other, producerEpoch: 0, baseSequence: 9 }), { acks: 1 }),
  );
  await peer.call(
    'again in acks 1',
    produce,
    9,
    toProduce(topic, someBatch(1, { producerId: other, producerEpoch: 0, baseSequence: 9 }), { acks: 1 }),
  );
  await peer.call(
    'a producer without epoch',
    produce,
    12,
    toProduce(topic, someBatch(1, { producerId: other, producerEpoch: -1, baseSequence: 10 })),
  );
  await peer.call(
    'a transactional id, a batch that is none',
    produce,
    11,
    toProduce(topic, someBatch(1, { producerId: other, producerEpoch: 0, baseSequence: 10 }), { transactionalId: 'x' }),
  );
}

async function epochs(peer: Peer, topic: Topic): Promise<void> {
  const producerId = await newProducer(peer);
  const send = async (label: string, producerEpoch: number, baseSequence: number, version = 12): Promise<void> => {
    const bytes = someBatch(1, { producerId, producerEpoch, baseSequence });
    await peer.call(label, produce, version, toProduce(topic, bytes, { partition: 1 }));
  };
  await send('epoch 1 from 0', 1, 0);
  await send('epoch 0', 0, 1);
  await send('epoch 0 in version 3', 0, 1, 3);
  await send('epoch 2 from 5', 2, 5);
  await send('epoch 2 from 0', 2, 0);
  await send('epoch 2 again', 2, 0);
  await send('epoch 1 again', 1, 0);
}

async function wrapAround(peer: Peer, topic: Topic): Promise<void> {
  const producerId = await newProducer(peer);
  const send = async (label: string, baseSequence: number, count: number): Promise<void> => {
    const bytes = someBatch(count, { producerId, producerEpoch: 0, baseSequence });
    await peer.call(label, produce, 12, toProduce(topic, bytes, { partition: 2 }));
  };
  await send('two below the end', 0x7fff_fffe, 1);
  await send('over the end', 0x7fff_ffff, 2);
  await send('over the end again', 0x7fff_ffff, 2);
  await send('1', 1, 1);
  await send('0', 0, 1);
}

async function describe(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const producerId = await newProducer(peer);
  const bytes = someBatch(3, { producerId, producerEpoch: 4, baseSequence: 0 });
  await peer.call('three records', produce, 12, toProduce(topic, bytes, { partition: 3 }));
  await peer.call(
    'describe',
    describeProducers,
    0,
    { topics: [{ name: topic.name, partitionIndexes: [3, 2, 9] }] },
    {
      pick: ({ topics }) =>
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
        })),
    },
  );
  await peer.call('describe unknown', describeProducers, 0, {
    topics: [{ name: side.name('none'), partitionIndexes: [0] }],
  });
  await peer.call('describe a wrong name', describeProducers, 0, { topics: [{ name: 'a/b', partitionIndexes: [0] }] });
  await peer.call('describe nothing', describeProducers, 0, { topics: [] });
}
