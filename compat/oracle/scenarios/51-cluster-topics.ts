import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import { createTopics } from '../../../src/protocol/messages/019-create-topics.ts';
import { createPartitions } from '../../../src/protocol/messages/037-create-partitions.ts';
import { describeCluster } from '../../../src/protocol/messages/060-describe-cluster.ts';
import { describeTopicPartitions } from '../../../src/protocol/messages/075-describe-topic-partitions.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { byId, describe } from '../in-cluster.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, newTopic, settled, type MetadataAnswer, type NewTopic, type Topic } from '../topics.ts';

/** Topics on three brokers as each of them shows them, and the reasons to refuse an assignment. */
export const scenario: Scenario = {
  name: '51-cluster-topics',
  brokers: 3,
  async run(side: Side) {
    const topic = await createTopic(side, 'placed', {
      replicas: [
        [1, 2, 3],
        [2, 3, 1],
        [3, 1, 2],
        [2, 1, 3],
      ],
    });
    const narrow = await createTopic(side, 'narrow', { replicas: [[3], [2], [1]] });
    for (const broker of side.brokers) await shown(side, side.peer('oracle', broker), [topic, narrow]);
    await pages(side.peer('oracle', 2), [topic, narrow]);
    await assignments(side, side.peer('oracle', 2));
    await counts(side, side.peer('oracle', 3));
    await growth(side, side.peer('oracle', 3), narrow);
  },
};

async function shown(side: Side, peer: Peer, topics: readonly Topic[]): Promise<void> {
  for (const version of versionsOf(metadata)) {
    const request = {
      topics: topics.map(({ name }) => ({ name, topicId: ZERO_UUID })),
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    await peer.call('two topics', metadata, version, request, { pick: inOrder });
  }
  for (const version of versionsOf(describeCluster)) {
    const request = { includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: version >= 2 };
    await peer.call('cluster', describeCluster, version, request, { pick: byId });
  }
  await describe(peer, 'both', ...topics);
  await describe(peer, 'one that is not there', { name: side.name('none'), topicId: ZERO_UUID });
}

function inOrder(answer: MetadataAnswer): unknown {
  return {
    ...byId(answer),
    topics: answer.topics.map((topic) => ({
      ...topic,
      partitions: topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
    })),
  };
}

async function pages(peer: Peer, topics: readonly Topic[]): Promise<void> {
  const names = topics.map(({ name }) => ({ name }));
  for (const responsePartitionLimit of [1, 3, 4, 5]) {
    let request: Write<typeof describeTopicPartitions.request.fields> = {
      topics: names,
      responsePartitionLimit,
      cursor: null,
    };
    do {
      const { nextCursor } = await peer.need(`by ${responsePartitionLimit}`, describeTopicPartitions, 0, request);
      request = { ...request, cursor: nextCursor };
    } while (request.cursor !== null);
  }
}

const pickTopics = ({ topics }: { topics: readonly object[] }): unknown =>
  topics.map((topic) => ({ ...topic, configs: null }));

async function assignments(side: Side, peer: Peer): Promise<void> {
  const ask = async (label: string, ...replicas: readonly (readonly number[])[]): Promise<void> => {
    const topic = newTopic(side.name('assigned'), {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
    });
    for (const validateOnly of [true, false])
      await peer.call(label, createTopics, 7, { topics: [topic], validateOnly }, { pick: pickTopics });
  };
  await ask('a broker twice', [1, 2, 2]);
  await ask('a broker that is not there', [1, 4]);
  await ask('uneven', [1, 2], [3]);
  await ask('a negative broker', [1, -1]);
  await ask('none', []);
  await ask('four of them', [1, 2, 3, 4]);
  await ask('good', [3, 1], [2, 3]);
}

async function counts(side: Side, peer: Peer): Promise<void> {
  const ask = async (label: string, options: Partial<NewTopic>): Promise<void> => {
    const topic = newTopic(side.name(`counted-${side.nextNumber()}`), options);
    await peer.call(label, createTopics, 7, { topics: [topic], validateOnly: true }, { pick: pickTopics });
    await peer.call(label, createTopics, 7, { topics: [topic] }, { pick: pickTopics });
  };
  for (const replicationFactor of [-1, 0, 1, 2, 3, 4, 32767])
    await ask(`${replicationFactor} replicas`, { replicationFactor });
  await ask('the defaults', { replicationFactor: -1, numPartitions: -1 });
  await ask('more in sync than replicas', {
    replicationFactor: 2,
    configs: [{ name: 'min.insync.replicas', value: '3' }],
  });
}

async function growth(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const ask = async (label: string, count: number, ...replicas: readonly (readonly number[])[]): Promise<void> => {
    const given = replicas.length === 0 ? null : replicas.map((brokerIds) => ({ brokerIds }));
    const topics = [{ name: topic.name, count, assignments: given }];
    await peer.call(label, createPartitions, 3, { topics, timeoutMs: 10_000, validateOnly: false });
  };
  await ask('two replicas where there is one', 4, [1, 2]);
  await ask('a broker that is not there', 4, [4]);
  await ask('a broker twice', 4, [1, 1]);
  await ask('two for one', 4, [1], [2]);
  await ask('good', 5, [1], [2]);
  await settled(side);
  await describe(side.peer(), 'grown', topic);
}
