import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { produce } from '../../../src/protocol/messages/000-produce.ts';
import { fetch } from '../../../src/protocol/messages/001-fetch.ts';
import { listOffsets } from '../../../src/protocol/messages/002-list-offsets.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { createPartitions } from '../../../src/protocol/messages/037-create-partitions.ts';
import { electLeaders } from '../../../src/protocol/messages/043-elect-leaders.ts';
import { alterPartitionReassignments } from '../../../src/protocol/messages/045-alter-partition-reassignments.ts';
import { listPartitionReassignments } from '../../../src/protocol/messages/046-list-partition-reassignments.ts';
import { describeCluster } from '../../../src/protocol/messages/060-describe-cluster.ts';
import { unregisterBroker } from '../../../src/protocol/messages/064-unregister-broker.ts';
import { put, someBatch, toProduce } from '../batches.ts';
import { byId, describe, isInSync, untilBrokers, untilFollowed, untilShown } from '../in-cluster.ts';
import { partitionAt, toFetch } from '../reading.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, newTopic, settled, type NewTopic, type Topic } from '../topics.ts';

const LEFT = [1, 3];

interface Topics {
  /** Wants all three in sync. */
  readonly strict: Topic;
  /** Two replicas, two in sync; the broker that goes leads it. */
  readonly pair: Topic;
  /** Its first partition is on the broker that goes, and nowhere else. */
  readonly lone: Topic;
}

/** What a cluster answers while one of three brokers is stopped, and when it is back. */
export const scenario: Scenario = {
  name: '57-broker-away',
  brokers: 3,
  isAlone: true,
  async run(side: Side) {
    const topics = await createAll(side);
    const all = Object.values(topics) as Topic[];
    await put(side.peer('oracle', 2), topics.pair, someBatch(3));
    await untilFollowed(side, topics.pair, { broker: 1, end: 3 });
    await side.cluster.stop(2);
    await untilBrokers(side, LEFT, 2);
    await untilShown(side, topics.pair, isInSync(1), { brokers: LEFT });
    await untilShown(side, topics.strict, isInSync(1, 3), { brokers: LEFT });
    await untilShown(side, topics.lone, ({ leaderId }) => leaderId === -1, { brokers: LEFT });
    for (const id of LEFT) await shown(side.peer('oracle', id), all, `broker ${id}, one away`);
    await writing(side.peer(), topics);
    await elections(side.peer(), topics, 'one away');
    await creations(side, side.peer());
    await reassignments(side, side.peer(), topics);
    await side.peer().call('forget the one away', unregisterBroker, 0, { brokerId: 2 });
    await untilShown(side, topics.strict, isInSync(1, 3), { brokers: LEFT });
    await shown(side.peer(), all, 'one forgotten');
    await side.cluster.start(2);
    await untilBrokers(side, side.brokers, 3);
    await untilShown(side, topics.pair, isInSync(1, 2));
    await untilShown(side, topics.strict, isInSync(1, 2, 3));
    await untilShown(side, topics.lone, ({ leaderId }) => leaderId === 2);
    for (const id of side.brokers) await shown(side.peer('oracle', id), all, `broker ${id}, all back`);
    await elections(side.peer('oracle', 3), topics, 'all back');
    await untilShown(side, topics.pair, ({ leaderId }) => leaderId === 2);
    await shown(side.peer(), all, 'first replicas lead');
  },
};

async function createAll(side: Side): Promise<Topics> {
  const configs = { 'min.insync.replicas': '3' };
  return {
    strict: await createTopic(side, 'strict', { replicas: [[1, 2, 3]], configs }),
    pair: await createTopic(side, 'pair', { replicas: [[2, 1]] }),
    lone: await createTopic(side, 'lone', { replicas: [[2], [3]] }),
  };
}

async function shown(peer: Peer, topics: readonly Topic[], when: string): Promise<void> {
  await describe(peer, when, ...topics);
  for (const version of [4, 5, 12, 13]) {
    const request = {
      topics: topics.map(({ name }) => ({ name, topicId: ZERO_UUID })),
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
      includeClusterAuthorizedOperations: false,
    };
    await peer.call(when, metadata, version, request, {
      pick: (answer) => ({
        ...byId(answer),
        topics: answer.topics.map((topic) => ({
          ...topic,
          partitions: topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
        })),
      }),
    });
  }
  for (const includeFencedBrokers of [false, true]) {
    const request = { includeClusterAuthorizedOperations: false, endpointType: 1, includeFencedBrokers };
    await peer.call(`${when}, fenced ones: ${includeFencedBrokers}`, describeCluster, 2, request, { pick: byId });
  }
}

/** At broker 1, which leads all but the first of `lone`, which nobody leads, and its second, which broker 3 does. */
async function writing(peer: Peer, { strict, pair, lone }: Topics): Promise<void> {
  for (const version of versionsOf(produce)) {
    for (const topic of [strict, pair])
      await peer.call('too few in sync', produce, version, toProduce(topic, someBatch()));
    for (const partition of [0, 1])
      await peer.call(`elsewhere ${partition}`, produce, version, toProduce(lone, someBatch(), { partition }));
  }
  await peer.call('the leader alone', produce, 12, toProduce(pair, someBatch(), { acks: 1 }));
  for (const version of versionsOf(fetch)) {
    const both = [partitionAt(), partitionAt({ partition: 1 })];
    await peer.call('elsewhere', fetch, version, toFetch(lone, both));
  }
  await peer.call('what is committed', fetch, 17, toFetch(pair, [partitionAt()]));
  for (const timestamp of [-1, -2]) {
    for (const { name } of [pair, lone]) {
      const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp }] }];
      const request = { replicaId: -1, isolationLevel: 0, topics, timeoutMs: 5000 };
      await peer.call(`offsets ${timestamp}`, listOffsets, 10, request);
    }
  }
}

async function elections(peer: Peer, { strict, pair, lone }: Topics, when: string): Promise<void> {
  for (const electionType of [1, 0]) {
    for (const { name } of [strict, lone, pair]) {
      const topicPartitions = [{ topic: name, partitions: [0] }];
      const request = { electionType, topicPartitions, timeoutMs: 5000 };
      await peer.call(`${when}, type ${electionType}`, electLeaders, 2, request);
    }
  }
}

async function creations(side: Side, peer: Peer): Promise<void> {
  const create = async (label: string, options: Partial<NewTopic>): Promise<void> => {
    const topic = newTopic(side.name(`made-${side.nextNumber()}`), options);
    await peer.call(
      label,
      createTopics,
      7,
      { topics: [topic] },
      {
        pick: ({ topics }) => topics.map((each) => ({ ...each, configs: null })),
      },
    );
  };
  await create('three replicas', { replicationFactor: 3 });
  await create('the default', { replicationFactor: -1 });
  await create('four replicas', { replicationFactor: 4 });
  await create('two replicas', { replicationFactor: 2 });
  await create('on the one away', placed([2]));
  await create('on it and another', placed([2, 1]));
  const grown = await createTopic(side, 'grown', { replicas: [[1], [3]], onBrokers: LEFT });
  for (const brokerIds of [[2], [3]]) {
    const topics = [{ name: grown.name, count: 3, assignments: [{ brokerIds }] }];
    const request = { topics, timeoutMs: 10_000, validateOnly: false };
    await peer.call(`grown on ${brokerIds.join()}`, createPartitions, 3, request);
  }
}

async function reassignments(side: Side, peer: Peer, { strict, pair }: Topics): Promise<void> {
  const move = async (label: string, { name }: Topic, replicas: readonly number[] | null): Promise<void> => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, replicas }] }];
    await peer.call(label, alterPartitionReassignments, 1, { timeoutMs: 5000, topics });
  };
  const list = async (label: string): Promise<void> => {
    const topics = [{ name: moved.name, partitionIndexes: [0] }];
    await settled(side, LEFT);
    await peer.call(label, listPartitionReassignments, 0, { timeoutMs: 5000, topics });
    await describe(peer, label, moved);
  };
  const moved = await createTopic(side, 'moved', { replicas: [[1, 3]], onBrokers: LEFT });
  await list('before');
  await move('to the one away', moved, [2, 3]);
  await list('waiting for it');
  await move('to the one away alone', moved, [2]);
  await list('waiting for it alone');
  await move('cancelled', moved, null);
  await list('cancelled');
  await move('growing by it', moved, [1, 3, 2]);
  await list('growing');
  await move('cancelled', moved, null);
  await list('cancelled');
  await move('cancelled again', moved, null);
  await move('off it', strict, [1, 3]);
  await untilShown(side, strict, ({ replicaNodes }) => replicaNodes.join() === '1,3', { brokers: LEFT });
  await describe(peer, 'off the one away', strict, pair);
  await move('back on it', strict, [1, 2, 3]);
  await untilShown(side, strict, ({ replicaNodes }) => replicaNodes.length === 3, { brokers: LEFT });
  await describe(peer, 'back on the one away', strict);
}

function placed(...replicas: readonly (readonly number[])[]): Partial<NewTopic> {
  return {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  };
}
