import { offsetFetch } from '../../../src/protocol/messages/009-offset-fetch.ts';
import { addOffsetsToTxn } from '../../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { txnOffsetCommit } from '../../../src/protocol/messages/028-txn-offset-commit.ts';
import { deleteGroups } from '../../../src/protocol/messages/042-delete-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';
import { finish, transactor, type Transactor } from '../transactions.ts';

/** Offsets committed in transactions: TxnOffsetCommit in all versions, and what readers see meanwhile (behaviours 68, 85, 88). */
export const scenario: Scenario = {
  name: '35-transactional-offsets',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 't', { partitions: 4 });
    await offsets(side, peer, topic);
    await pendingOffsets(side, peer, topic);
  },
};

type OffsetCommit = Write<typeof txnOffsetCommit.request.fields>;

function toCommit(
  who: Transactor,
  groupId: string,
  topic: string,
  offset: number,
  more: Partial<OffsetCommit> = {},
): OffsetCommit {
  const { transactionalId, producerId, producerEpoch } = who;
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }];
  return { transactionalId, groupId, producerId, producerEpoch, topics: [{ name: topic, partitions }], ...more };
}

/** TxnOffsetCommit in all versions. */
async function offsets(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const nobody: Transactor = { transactionalId: side.name('nobody'), producerId: 888_888_888, producerEpoch: 0 };
  for (const version of versionsOf(txnOffsetCommit)) {
    const call = (label: string, request: OffsetCommit) => peer.call(label, txnOffsetCommit, version, request);
    const group = side.name(`g${version}`);
    const who = await transactor(side, peer, `offsets-${version}`);
    await call('an id that nobody has', toCommit(nobody, group, topic.name, 1));
    if (version < 5) await call('not enrolled', toCommit(who, group, topic.name, 1));
    if (version < 5) await peer.quiet(addOffsetsToTxn, 3, { ...idOf(who), groupId: group });
    await call('an empty group', toCommit(who, '', topic.name, 1));
    await call('an unknown topic', toCommit(who, group, side.name('none'), 1));
    await call('another epoch', toCommit({ ...who, producerEpoch: 7 }, group, topic.name, 1));
    await call('offset 1', toCommit(who, group, topic.name, 1));
    const partitions = [3, 99, 1].map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 4,
      committedMetadata: partitionIndex === 1 ? 'x'.repeat(5000) : null,
    }));
    const topics = [
      { name: side.name('none'), partitions },
      { name: topic.name, partitions },
    ];
    await call('many', toCommit(who, group, topic.name, 1, { topics }));
    await call('nothing', toCommit(who, group, topic.name, 1, { topics: [] }));
    if (version >= 3) {
      await call('a generation', toCommit(who, group, topic.name, 1, { generationId: 1 }));
      await call('a member', toCommit(who, group, topic.name, 1, { memberId: 'm' }));
      await call('an instance', toCommit(who, group, topic.name, 1, { groupInstanceId: 'i' }));
      // The coordinator is asked about the group's own partition, which differs with the number of them.
      if (version >= 5)
        await call(
          'a generation of an unknown group',
          toCommit(who, side.name('unknown'), topic.name, 1, { generationId: 1 }),
        );
    }
    await fetchOffsets(peer, group, topic, 'pending');
    await finish(peer, who, version % 2 === 0, { version: version < 5 ? 4 : 5 });
    await stable(peer, group, topic);
    await fetchOffsets(peer, group, topic, 'decided');
  }
}

function idOf({ transactionalId, producerId, producerEpoch }: Transactor): Transactor {
  return { transactionalId, producerId, producerEpoch };
}

async function stable(peer: Peer, groupId: string, topic: Topic): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const answer = await peer.quiet(offsetFetch, 8, toFetchOffsets(groupId, topic, true));
    if (answer?.groups[0]?.topics[0]?.partitions.every(({ errorCode }) => errorCode === 0) === true) return;
  }
  throw new Error('offsets stay pending');
}

function toFetchOffsets(groupId: string, topic: Topic, requireStable: boolean) {
  const topics = [{ name: topic.name, topicId: topic.topicId, partitionIndexes: [0, 1, 3] }];
  return { groupId: '', topics: [], groups: [{ groupId, topics }], requireStable };
}

async function fetchOffsets(peer: Peer, groupId: string, topic: Topic, label: string): Promise<void> {
  for (const requireStable of [false, true]) {
    const request = toFetchOffsets(groupId, topic, requireStable);
    await peer.call(`${label}, ${requireStable ? 'stable' : 'as it is'}`, offsetFetch, 8, request);
  }
}

/** A group that goes, and offsets that are deleted, while a transaction on them is open. */
async function pendingOffsets(side: Side, peer: Peer, topic: Topic): Promise<void> {
  for (const [name, commits] of [
    ['deleted', true],
    ['removed', true],
  ] as const) {
    const group = side.name(name);
    const who = await transactor(side, peer, `pending-${name}`);
    await peer.call(`${name}: pending`, txnOffsetCommit, 5, toCommit(who, group, topic.name, 5));
    if (name === 'deleted') await peer.call('delete the group', deleteGroups, 2, { groupsNames: [group] });
    else {
      await peer.call('delete the offset', offsetDelete, 0, {
        groupId: group,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
      });
    }
    await fetchOffsets(peer, group, topic, `${name}, before the end`);
    await finish(peer, who, commits);
    await stable(peer, group, topic);
    await fetchOffsets(peer, group, topic, `${name}, after the end`);
  }
}
