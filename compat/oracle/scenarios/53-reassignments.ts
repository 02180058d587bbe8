import { electLeaders } from '../../../src/protocol/messages/043-elect-leaders.ts';
import { alterPartitionReassignments } from '../../../src/protocol/messages/045-alter-partition-reassignments.ts';
import { listPartitionReassignments } from '../../../src/protocol/messages/046-list-partition-reassignments.ts';
import { put, someBatch } from '../batches.ts';
import { describe, isInSync, untilShown } from '../in-cluster.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Partitions that move between running brokers, and elections of preferred leaders. */
export const scenario: Scenario = {
  name: '53-reassignments',
  brokers: 3,
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'moved', {
      replicas: [
        [1, 2],
        [2, 3],
        [3, 1],
      ],
    });
    await put(peer, topic, someBatch(5));
    await refusals(side, peer, topic);
    await moves(side, peer, topic);
    await elections(side, peer, topic);
  },
};

type Ask = (label: string, partition: number, replicas: readonly number[] | null) => Promise<void>;

function asks(peer: Peer, name: string, version: number, allowReplicationFactorChange = true): Ask {
  return async (label, partitionIndex, replicas) => {
    const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
    const request = { timeoutMs: 5000, topics, allowReplicationFactorChange };
    await peer.call(label, alterPartitionReassignments, version, request);
  };
}

async function refusals(side: Side, peer: Peer, topic: Topic): Promise<void> {
  for (const version of versionsOf(alterPartitionReassignments)) {
    const ask = asks(peer, topic.name, version);
    await ask('to where it is', 0, [1, 2]);
    await ask('to a broker twice', 0, [1, 1]);
    await ask('to one that is not there', 0, [1, 4]);
    await ask('to a negative one', 0, [1, -1]);
    await ask('to nowhere', 0, []);
    await ask('an unknown partition', 9, [1, 2]);
    await ask('cancel what does not run', 0, null);
    await asks(peer, side.name('none'), version)('an unknown topic', 0, [1, 2]);
  }
  const strict = asks(peer, topic.name, 1, false);
  await strict('more replicas, which must not be', 0, [1, 2, 3]);
  await strict('fewer replicas, which must not be', 0, [1]);
  await strict('cancel, and no other number', 0, null);
}

async function moves(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const ask = asks(peer, topic.name, 1);
  const at = async (label: string, partition: number, replicas: readonly number[]): Promise<void> => {
    await untilShown(
      side,
      topic,
      (shown) => shown.replicaNodes.join() === replicas.join() && isInSync(...replicas)(shown),
      { partition },
    );
    await describe(peer, label, topic);
    await peer.call(label, listPartitionReassignments, 0, { timeoutMs: 5000, topics: null }, { pick: own(side) });
  };
  await ask('another order', 0, [2, 1]);
  await at('the order is another', 0, [2, 1]);
  await ask('one more replica', 0, [2, 1, 3]);
  await at('three replicas', 0, [2, 1, 3]);
  await ask('fewer, and the leader stays', 0, [1, 3]);
  await at('two replicas', 0, [1, 3]);
  await ask('to all others', 1, [1]);
  await at('moved to one', 1, [1]);
  await asks(peer, topic.name, 1, false)('as many replicas', 2, [1, 2]);
  await at('moved without a leader of before', 2, [1, 2]);
}

function own(side: Side) {
  return (answer: { readonly topics: readonly { readonly name: string }[] }): unknown => ({
    ...answer,
    topics: answer.topics.filter(({ name }) => side.isOwn(name)),
  });
}

async function elections(side: Side, peer: Peer, topic: Topic): Promise<void> {
  // The first of the replicas does not lead after this.
  await asks(peer, topic.name, 1)('another first', 2, [2, 1]);
  await untilShown(side, topic, ({ replicaNodes }) => replicaNodes.join() === '2,1', { partition: 2 });
  for (const version of versionsOf(electLeaders)) {
    for (const electionType of version === 0 ? [0] : [1, 0]) {
      const topicPartitions = [{ topic: topic.name, partitions: [2, 0, 9] }];
      const request = { electionType, topicPartitions, timeoutMs: 5000 };
      await peer.call(`type ${electionType}`, electLeaders, version, request, {
        pick: (answer) => ({
          ...answer,
          replicaElectionResults: answer.replicaElectionResults.map((result) => ({
            ...result,
            partitionResult: result.partitionResult.toSorted((a, b) => a.partitionId - b.partitionId),
          })),
        }),
      });
    }
  }
  await untilShown(side, topic, ({ leaderId }) => leaderId === 2, { partition: 2 });
  await describe(peer, 'after the elections', topic);
}
