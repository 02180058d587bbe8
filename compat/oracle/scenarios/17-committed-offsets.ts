import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../../src/protocol/messages/009-offset-fetch.ts';
import type { Read, Write } from '../../../src/protocol/schema.ts';
import { noTopic, topicOf } from '../batches.ts';
import { coordinatorReady, Member } from '../members.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

interface Commit {
  readonly groupId: string;
  readonly generation?: number;
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly metadata?: string | null;
  readonly leaderEpoch?: number;
}

/** OffsetCommit and OffsetFetch: simple consumers, members, wrong generations, unknown topics (behaviours 67-68). */
export const scenario: Scenario = {
  name: '17-committed-offsets',
  async run(side: Side) {
    await coordinatorReady(side);
    const peer = side.peer();
    const topic = await createTopic(side, 'c', { partitions: 3 });
    for (const version of versionsOf(offsetCommit)) await simple(side, peer, topic, version);
    for (const version of versionsOf(offsetFetch)) await reading(side, peer, topic, version);
    await byMembers(side, topic);
    await whileRebalancing(side, topic);
  },
};

async function commit(peer: Peer, topic: Topic, label: string, commit_: Commit, version = 9): Promise<void> {
  const {
    groupId,
    generation = -1,
    memberId = '',
    instanceId = null,
    partition = 0,
    offset = 5,
    metadata = 'm',
    leaderEpoch = -1,
  } = commit_;
  await peer.call(label, offsetCommit, version, {
    groupId,
    generationIdOrMemberEpoch: generation,
    memberId,
    groupInstanceId: instanceId,
    topics: [
      {
        ...topicOf(topic),
        partitions: [
          {
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch,
            committedMetadata: metadata,
          },
        ],
      },
    ],
  });
}

type Wanted = { name: string; topicId: string; partitionIndexes: number[] }[] | null;

/** Up to version 7 a request is about one group, later about many. */
function toFetch(version: number, groupId: string, topics: Wanted): Write<typeof offsetFetch.request.fields> {
  return version < 8 ? { groupId, topics, groups: [] } : { groupId: '', topics: [], groups: [{ groupId, topics }] };
}

async function read(peer: Peer, groupId: string, topic: Topic, label: string): Promise<void> {
  const topics = [{ ...topicOf(topic), partitionIndexes: [0, 1, 2] }];
  await peer.call(label, offsetFetch, 8, toFetch(8, groupId, topics), {
    pick: ({ groups }) => groups,
  });
}

async function simple(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  const groupId = side.name(`simple-${version}`);
  await commit(peer, topic, 'a simple consumer', { groupId, leaderEpoch: 0 }, version);
  await commit(peer, topic, 'lower again', { groupId, offset: 2, metadata: null }, version);
  await commit(peer, topic, 'negative', { groupId, offset: -1, partition: 1 }, version);
  await commit(peer, topic, 'long metadata', { groupId, metadata: 'x'.repeat(4096), partition: 2 }, version);
  await commit(peer, topic, 'too long metadata', { groupId, metadata: 'x'.repeat(4097), partition: 1 }, version);
  await commit(peer, topic, 'unknown partition', { groupId, partition: 9 }, version);
  await commit(peer, noTopic(side.name('none')), 'unknown topic', { groupId }, version);
  await commit(peer, noTopic('a/b'), 'a wrong name', { groupId }, version);
  await commit(peer, topic, 'a member nobody knows', { groupId, memberId: 'x', generation: 1 }, version);
  await commit(peer, topic, 'a member without generation', { groupId, memberId: 'x' }, version);
  await commit(peer, topic, 'a generation without member', { groupId, generation: 1 }, version);
  await commit(
    peer,
    topic,
    'unknown group, with generation',
    { groupId: side.name('nothing'), generation: 1, memberId: 'x' },
    version,
  );
  await commit(peer, topic, 'empty group', { groupId: '' }, version);
  await peer.call('nothing', offsetCommit, version, { groupId, memberId: '', topics: [] });
  await read(peer, groupId, topic, 'what is committed');
}

type FetchAnswer = Read<typeof offsetFetch.response.fields>;

function sorted(topics: { partitions: { partitionIndex: number }[] }[]): unknown {
  return topics.map((each) => ({
    ...each,
    partitions: each.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
  }));
}

/** Partitions come in the order of a hash map when all are asked for. */
function inOrder(answer: FetchAnswer): unknown {
  return {
    ...answer,
    topics: sorted(answer.topics),
    groups: answer.groups.map((group) => ({ ...group, topics: sorted(group.topics) })),
  };
}

async function reading(side: Side, peer: Peer, topic: Topic, version: number): Promise<void> {
  const groupId = side.name('simple-9');
  const ask = async (label: string, group: string, topics: Wanted, options: object = {}): Promise<void> => {
    await peer.call(label, offsetFetch, version, { ...toFetch(version, group, topics), ...options }, { pick: inOrder });
  };
  const whole = [{ ...topicOf(topic), partitionIndexes: [0, 1, 2, 9] }];
  await ask('three, and one that is not', groupId, whole);
  if (version >= 2) await ask('all', groupId, null);
  await ask('none', groupId, []);
  await ask('unknown topic', groupId, [{ ...topicOf(noTopic(side.name('none'))), partitionIndexes: [0] }]);
  await ask('unknown group', side.name('nothing'), whole);
  if (version >= 2) await ask('all of an unknown group', side.name('nothing'), null);
  await ask('empty group', '', whole);
  if (version >= 7) await ask('stable only', groupId, whole, { requireStable: true });
  if (version < 8) return;
  const groups = [groupId, side.name('nothing'), side.name('simple-5')].map((each) => ({
    groupId: each,
    topics: whole,
  }));
  await peer.call('three groups', offsetFetch, version, { groupId: '', topics: [], groups });
  await peer.call('no groups', offsetFetch, version, { groupId: '', topics: [], groups: [] });
  if (version < 9) return;
  const members = [{ groupId, memberId: 'x', memberEpoch: 3, topics: whole }];
  await peer.call('as a member of the newer protocol', offsetFetch, version, {
    groupId: '',
    topics: [],
    groups: members,
  });
}

async function byMembers(side: Side, topic: Topic): Promise<void> {
  const member = new Member(side, side.name('members'), 'm');
  const { groupId, peer } = member;
  await member.join();
  await commit(peer, topic, 'before the sync', { groupId, memberId: member.memberId, generation: 1 });
  await member.sync({ [member.memberId]: 'all' });
  const { memberId } = member;
  await commit(peer, topic, 'as member', { groupId, memberId, generation: 1, offset: 7 });
  await commit(peer, topic, 'of an older generation', { groupId, memberId, generation: 0 });
  await commit(peer, topic, 'of a later generation', { groupId, memberId, generation: 2 });
  await commit(peer, topic, 'without generation', { groupId, memberId });
  await commit(peer, topic, 'of nobody', { groupId, memberId: 'nobody', generation: 1 });
  await commit(peer, topic, 'as simple consumer while there are members', { groupId });
  await commit(peer, topic, 'with an unknown instance', { groupId, memberId, generation: 1, instanceId: 'i' });
  await read(peer, groupId, topic, 'committed by the member');
  await member.leave();
  await commit(peer, topic, 'after leaving', { groupId, memberId, generation: 1 });
  await commit(peer, topic, 'as simple consumer of the empty group', { groupId, offset: 9 });
  await read(peer, groupId, topic, 'kept after all left');
}

async function whileRebalancing(side: Side, topic: Topic): Promise<void> {
  const [a, b] = [new Member(side, side.name('busy'), 'a'), new Member(side, side.name('busy'), 'b')];
  await a.join();
  await a.sync({ [a.memberId]: 'all' });
  const joins = b.join();
  await new Promise((done) => {
    setTimeout(done, 200);
  });
  await commit(a.peer, topic, 'while the group prepares', { groupId: a.groupId, memberId: a.memberId, generation: 1 });
  await Promise.all([a.join(), joins]);
  await commit(a.peer, topic, 'while it completes', { groupId: a.groupId, memberId: a.memberId, generation: 2 });
  await commit(
    a.peer,
    topic,
    'while it completes, version 2',
    { groupId: a.groupId, memberId: a.memberId, generation: 2 },
    2,
  );
}
