import { electLeaders } from '../../../src/protocol/messages/043-elect-leaders.ts';
import { alterPartitionReassignments } from '../../../src/protocol/messages/045-alter-partition-reassignments.ts';
import { listPartitionReassignments } from '../../../src/protocol/messages/046-list-partition-reassignments.ts';
import { describeTopicPartitions } from '../../../src/protocol/messages/075-describe-topic-partitions.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Elections, reassignments and DescribeTopicPartitions with its pages, on one broker. */
export const scenario: Scenario = {
  name: '22-replicas',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'a', { partitions: 3 });
    await createTopic(side, 'b', { partitions: 2 });
    await elections(side, peer, topic);
    await reassignments(side, peer, topic);
    await paging(side, peer);
  },
};

async function elections(side: Side, peer: Peer, topic: Topic): Promise<void> {
  for (const version of versionsOf(electLeaders)) {
    for (const electionType of version === 0 ? [0] : [0, 1, 7]) {
      const elect = async (label: string, name: string, partitions: number[]): Promise<void> => {
        const request = { electionType, topicPartitions: [{ topic: name, partitions }], timeoutMs: 5000 };
        await peer.call(`${label}, type ${electionType}`, electLeaders, version, request);
      };
      await elect('one', topic.name, [0]);
      await elect('unknown partition', topic.name, [9]);
      await elect('unknown topic', side.name('none'), [0]);
      await peer.call('nothing', electLeaders, version, { electionType, topicPartitions: [], timeoutMs: 5000 });
      await peer.call(
        'everything',
        electLeaders,
        version,
        { electionType, topicPartitions: null, timeoutMs: 5000 },
        { pick: ({ errorCode }) => errorCode },
      );
    }
  }
}

async function reassignments(side: Side, peer: Peer, topic: Topic): Promise<void> {
  for (const version of versionsOf(alterPartitionReassignments)) {
    const move = async (
      label: string,
      name: string,
      partitionIndex: number,
      replicas: number[] | null,
    ): Promise<void> => {
      const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
      await peer.call(label, alterPartitionReassignments, version, { timeoutMs: 5000, topics });
    };
    await move('where it is', topic.name, 0, [1]);
    await move('to an unknown broker', topic.name, 0, [7]);
    await move('to one and an unknown one', topic.name, 0, [1, 7]);
    await move('twice to the same', topic.name, 0, [1, 1]);
    await move('to nowhere', topic.name, 0, []);
    await move('to a negative broker', topic.name, 0, [-1]);
    await move('cancel what does not run', topic.name, 0, null);
    await move('unknown partition', topic.name, 9, [1]);
    await move('unknown topic', side.name('none'), 0, [1]);
    await peer.call('nothing', alterPartitionReassignments, version, { timeoutMs: 5000, topics: [] });
  }
  for (const topics of [
    null,
    [{ name: topic.name, partitionIndexes: [0] }],
    [{ name: side.name('none'), partitionIndexes: [0] }],
    [],
  ]) {
    await peer.call('list', listPartitionReassignments, 0, { timeoutMs: 5000, topics });
  }
}

async function paging(side: Side, peer: Peer): Promise<void> {
  const ask = async (
    label: string,
    names: readonly string[],
    limit: number,
    cursor: { topicName: string; partitionIndex: number } | null = null,
  ): Promise<void> => {
    const topics = names.map((name) => ({ name }));
    await peer.call(label, describeTopicPartitions, 0, { topics, responsePartitionLimit: limit, cursor });
  };
  const [a, b, none] = [side.name('a'), side.name('b'), side.name('none')];
  await ask('both', [b, a], 2000);
  for (const limit of [1, 2, 3, 4, 5]) await ask(`limit ${limit}`, [a, b], limit);
  await ask('from the middle', [a, b], 2, { topicName: a, partitionIndex: 2 });
  await ask('from the second', [a, b], 10, { topicName: b, partitionIndex: 1 });
  await ask('past the last partition', [a, b], 10, { topicName: a, partitionIndex: 9 });
  await ask('a negative partition', [a, b], 10, { topicName: a, partitionIndex: -1 });
  await ask('a cursor elsewhere', [b], 10, { topicName: a, partitionIndex: 0 });
  await ask('unknown and known', [a, none], 10);
  await ask('a wrong name', ['a/b'], 10);
  await ask('an empty name', [''], 10);
  await ask('one twice', [a, a], 10);
  await ask('limit 0', [a], 0);
  await ask('limit -1', [a], -1);
}
