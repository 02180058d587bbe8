import { findCoordinator } from '../../../src/protocol/messages/010-find-coordinator.ts';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../../src/protocol/messages/009-offset-fetch.ts';
import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { heartbeat } from '../../../src/protocol/messages/012-heartbeat.ts';
import { leaveGroup } from '../../../src/protocol/messages/013-leave-group.ts';
import { syncGroup } from '../../../src/protocol/messages/014-sync-group.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { initProducerId } from '../../../src/protocol/messages/022-init-producer-id.ts';
import { addPartitionsToTxn } from '../../../src/protocol/messages/024-add-partitions-to-txn.ts';
import { addOffsetsToTxn } from '../../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { endTxn } from '../../../src/protocol/messages/026-end-txn.ts';
import { txnOffsetCommit } from '../../../src/protocol/messages/028-txn-offset-commit.ts';
import { deleteGroups } from '../../../src/protocol/messages/042-delete-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import { describeTransactions } from '../../../src/protocol/messages/065-describe-transactions.ts';
import { consumerGroupHeartbeat } from '../../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import { consumerGroupDescribe } from '../../../src/protocol/messages/069-consumer-group-describe.ts';
import { eventually } from '../in-cluster.ts';
import { toJoin } from '../members.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const GROUP = 0;
const TRANSACTION = 1;

/** Requests for groups and transactions to brokers that do not coordinate them. */
export const scenario: Scenario = {
  name: '55-coordinators',
  brokers: 3,
  async run(side: Side) {
    const topic = await createTopic(side, 't', { replicas: [[1, 2, 3]] });
    const others = await notCoordinators(side, GROUP, side.name('g'));
    for (const [index, peer] of others.entries()) await groups(side, peer, topic, `other ${index + 1}`);
    const strangers = await notCoordinators(side, TRANSACTION, side.name('x'));
    for (const [index, peer] of strangers.entries()) await transactions(side, peer, topic, `other ${index + 1}`);
    for (const broker of side.brokers) await producerIds(side.peer('oracle', broker), `broker ${broker}`);
  },
};

/** Asks every broker who coordinates; the two that do not. */
async function notCoordinators(side: Side, keyType: number, key: string): Promise<Peer[]> {
  const told = new Set<number>();
  for (const broker of side.brokers) {
    const peer = side.peer('oracle', broker);
    for (const version of versionsOf(findCoordinator).filter((each) => each > 0 || keyType === GROUP)) {
      const request =
        version < 4 ? { key, keyType, coordinatorKeys: [] } : { key: '', keyType, coordinatorKeys: [key] };
      const answer = await peer.need(`asked of ${broker}`, findCoordinator, version, request, {
        pick: ({ errorCode, coordinators }) => ({ errorCode, codes: coordinators.map((each) => each.errorCode) }),
      });
      told.add(version < 4 ? answer.nodeId : (answer.coordinators[0]?.nodeId ?? -1));
    }
  }
  side.note('coordinators named', told.size);
  return side.brokers.filter((id) => !told.has(id)).map((id) => side.peer('oracle', id));
}

async function groups(side: Side, peer: Peer, topic: Topic, role: string): Promise<void> {
  const groupId = side.name('g');
  const at = { groupId, memberId: 'm', generationId: 1, groupInstanceId: null };
  for (const version of versionsOf(joinGroup)) {
    const join = toJoin(groupId, version >= 5 ? {} : { groupInstanceId: null });
    await peer.call(role, joinGroup, version, join);
  }
  for (const version of versionsOf(heartbeat)) await peer.call(role, heartbeat, version, at);
  const sync = { ...at, protocolType: 'consumer', protocolName: 'range', assignments: [] };
  for (const version of versionsOf(syncGroup)) await peer.call(role, syncGroup, version, sync);
  for (const version of versionsOf(leaveGroup)) {
    const members = version >= 3 ? [{ memberId: 'm', groupInstanceId: null }] : [];
    await peer.call(role, leaveGroup, version, { groupId, memberId: version >= 3 ? '' : 'm', members });
  }
  const committed = {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: topic.name, topicId: topic.topicId, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
  };
  for (const version of [2, 9, 10]) {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }];
    const topics = [{ name: topic.name, topicId: topic.topicId, partitions }];
    await peer.call(role, offsetCommit, version, { ...committed, topics });
  }
  const asked = [{ groupId, memberId: null, memberEpoch: -1, topics: null }];
  for (const version of [8, 9]) await peer.call(role, offsetFetch, version, { groupId: '', topics: [], groups: asked });
  await peer.call(role, describeGroups, 5, { groups: [groupId], includeAuthorizedOperations: false });
  await peer.call(role, consumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false });
  await peer.call(role, deleteGroups, 2, { groupsNames: [groupId] });
  const deleted = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }];
  await peer.call(role, offsetDelete, 0, { groupId, topics: deleted });
  await peer.call(role, consumerGroupHeartbeat, 1, {
    groupId,
    memberId: 'AAAAAAAAAAAAAAAAAAAAcg',
    memberEpoch: 0,
    rebalanceTimeoutMs: 5000,
    subscribedTopicNames: [topic.name],
    topicPartitions: [],
  });
}

async function transactions(side: Side, peer: Peer, topic: Topic, role: string): Promise<void> {
  const transactionalId = side.name('x');
  const producer = { transactionalId, producerId: 1, producerEpoch: 0 };
  for (const version of versionsOf(initProducerId)) {
    const start = { transactionalId, transactionTimeoutMs: 10_000, producerId: -1, producerEpoch: -1 };
    await peer.call(role, initProducerId, version, start);
  }
  for (const version of versionsOf(endTxn)) await peer.call(role, endTxn, version, { ...producer, committed: true });
  const topics = [{ name: topic.name, partitions: [0] }];
  for (const version of [3, 4, 5]) {
    await peer.call(role, addPartitionsToTxn, version, {
      transactions: version >= 4 ? [{ ...producer, topics }] : [],
      v3AndBelowTransactionalId: version >= 4 ? '' : transactionalId,
      v3AndBelowProducerId: version >= 4 ? 0 : 1,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: version >= 4 ? [] : topics,
    });
  }
  await peer.call(role, addOffsetsToTxn, 3, { ...producer, groupId: side.name('g') });
  await peer.call(role, describeTransactions, 0, { transactionalIds: [transactionalId] });
  const [partition] = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }];
  const at = { groupId: side.name('g'), generationId: -1, memberId: '', groupInstanceId: null };
  const offsets = [{ name: topic.name, partitions: [partition] }];
  if (role === 'other 1') {
    const [notGroups] = await notCoordinators(side, GROUP, side.name('g'));
    await notGroups?.call('not the group’s', txnOffsetCommit, 3, { ...producer, ...at, topics: offsets });
  }
}

async function producerIds(peer: Peer, role: string): Promise<void> {
  const start = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 };
  // A broker of Kafka has none to give before it got its first block.
  await eventually('producer ids', async () => (await peer.quiet(initProducerId, 4, start))?.errorCode === 0);
  for (const version of versionsOf(initProducerId)) {
    await peer.call(role, initProducerId, version, start);
  }
}
