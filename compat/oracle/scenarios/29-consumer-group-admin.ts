import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { offsetFetch } from '../../../src/protocol/messages/009-offset-fetch.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { listGroups } from '../../../src/protocol/messages/016-list-groups.ts';
import { deleteGroups } from '../../../src/protocol/messages/042-delete-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import { txnOffsetCommit } from '../../../src/protocol/messages/028-txn-offset-commit.ts';
import { addOffsetsToTxn } from '../../../src/protocol/messages/025-add-offsets-to-txn.ts';
import { consumerGroupDescribe } from '../../../src/protocol/messages/069-consumer-group-describe.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { assignAtOnce, ConsumerMember, setGroupConfig } from '../consumer-members.ts';
import { coordinatorReady } from '../members.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, settled, type Topic } from '../topics.ts';
import { transactor } from '../transactions.ts';

/** What administrators ask of consumer groups, offsets with member epochs, patterns, settings of a group. */
export const scenario: Scenario = {
  name: '29-consumer-group-admin',
  async run(side: Side) {
    await coordinatorReady(side);
    const topic = await createTopic(side, 'four', { partitions: 4 });
    const other = await createTopic(side, 'other', { partitions: 2 });
    await assignAtOnce(side, ...['live', 'offsets', 'pattern', 'settings'].map((group) => side.name(group)));
    await settled(side);
    const peer = side.peer();
    await administration(side, peer, topic);
    await offsets(side, peer, topic);
    await olderEpochs(side, peer, topic, other);
    await transactions(side, peer, topic);
    await patterns(side, topic);
    await settings(side, topic);
  },
};

type DescribedMember = Read<typeof consumerGroupDescribe.response.fields>['groups'][number]['members'][number];

/** Kafka fills these in the order of its hash maps. */
function inOrder(members: readonly DescribedMember[]): unknown {
  const sorted = ({ topicPartitions }: DescribedMember['assignment']): unknown =>
    topicPartitions
      .map((topic) => ({ ...topic, partitions: topic.partitions.toSorted((a, b) => a - b) }))
      .toSorted((a, b) => (a.topicName < b.topicName ? -1 : 1));
  return members
    .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    .map((member) => ({
      ...member,
      subscribedTopicNames: member.subscribedTopicNames.toSorted(),
      assignment: sorted(member.assignment),
      targetAssignment: sorted(member.targetAssignment),
    }));
}

async function describe(side: Side, peer: Peer, label: string, ...groups: string[]): Promise<void> {
  for (const version of versionsOf(consumerGroupDescribe)) {
    const request = { groupIds: groups.map((group) => (group === '' ? '' : side.name(group))) };
    for (const includeAuthorizedOperations of [false, true]) {
      await peer.call(
        label,
        consumerGroupDescribe,
        version,
        { ...request, includeAuthorizedOperations },
        {
          pick: (answer) => ({
            groups: answer.groups.map((group) => ({ ...group, members: inOrder(group.members) })),
          }),
        },
      );
    }
  }
}

async function list(side: Side, peer: Peer, states: string[], types: string[]): Promise<void> {
  await peer.call(
    `list ${states.join()} ${types.join()}`,
    listGroups,
    5,
    { statesFilter: states, typesFilter: types },
    { pick: ({ errorCode, groups }) => ({ errorCode, groups: groups.filter(({ groupId }) => side.isOwn(groupId)) }) },
  );
}

async function administration(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const first = new ConsumerMember(side, side.name('live'), 'a');
  const second = new ConsumerMember(side, side.name('live'), 'b', { instanceId: 'two' });
  await first.join([topic.name], { rackId: 'r1' });
  await first.confirm();
  await second.join([topic.name], { serverAssignor: 'range' });
  await describe(side, peer, 'one waits for the other', 'live');
  for (const types of [[], ['consumer'], ['Consumer'], ['CLASSIC'], ['share'], ['nonsense']]) {
    await list(side, peer, [], types);
  }
  for (const states of [['reconciling'], ['RECONCILING', 'Empty'], ['Stable'], ['Assigning']]) {
    await list(side, peer, states, []);
  }
  await list(side, peer, ['Reconciling'], ['consumer']);
  await first.beat('gives back');
  await describe(side, peer, 'one is to give back', 'live');
  await first.confirm();
  await second.beat('gets its part');
  await describe(side, peer, 'both have their parts', 'live');
  await describe(side, peer, 'an unknown group', 'nothing');
  await describe(side, peer, 'an empty name', '');
  await describe(side, peer, 'none');
  await list(side, peer, ['stable'], []);
  for (const version of versionsOf(describeGroups)) {
    const request = { groups: [side.name('live')], includeAuthorizedOperations: false };
    await peer.call('describe as a classic group', describeGroups, version, request);
  }
  const remove = async (label: string): Promise<void> => {
    await peer.call(label, deleteGroups, 2, { groupsNames: [side.name('live')] });
  };
  await remove('delete the live group');
  await first.leave();
  await second.leave(-2, 'leaves for now');
  await describe(side, peer, 'one is away', 'live');
  await remove('delete the group of one who is away');
  await second.leave();
  await describe(side, peer, 'empty', 'live');
  await list(side, peer, ['empty'], ['consumer']);
  await remove('delete the empty group');
  await remove('delete it again');
  await describe(side, peer, 'deleted', 'live');
}

interface Committer {
  readonly memberId: string;
  readonly epoch: number;
  readonly instanceId?: string | null;
}

async function commit(
  side: Side,
  peer: Peer,
  label: string,
  { topic, version, who, partitions = [0] }: { topic: Topic; version: number; who: Committer; partitions?: number[] },
): Promise<void> {
  await peer.call(label, offsetCommit, version, {
    groupId: side.name('offsets'),
    generationIdOrMemberEpoch: who.epoch,
    memberId: who.memberId,
    groupInstanceId: who.instanceId ?? null,
    topics: [
      {
        name: topic.name,
        topicId: topic.topicId,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: 5,
          committedMetadata: 'm',
        })),
      },
    ],
  });
}

const NOBODY: Committer = { memberId: '', epoch: -1 };

async function offsets(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const member = new ConsumerMember(side, side.name('offsets'), 'a');
  await member.join([topic.name]);
  const { memberId, epoch } = member;
  for (const version of versionsOf(offsetCommit)) {
    await commit(side, peer, 'the member', { topic, version, who: member });
    await commit(side, peer, 'ahead', { topic, version, who: { memberId, epoch: epoch + 1 } });
    await commit(side, peer, 'behind', { topic, version, who: { memberId, epoch: epoch - 1 } });
    await commit(side, peer, 'an unknown member', { topic, version, who: { memberId: 'nobody', epoch } });
    await commit(side, peer, 'nobody', { topic, version, who: NOBODY });
    await commit(side, peer, 'the member without epoch', { topic, version, who: { memberId, epoch: -1 } });
  }
  await commit(side, peer, 'by an unknown instance', { topic, version: 9, who: { memberId, epoch, instanceId: 'x' } });
  for (const version of [8, 9, 10]) {
    const fetch = async (label: string, id: string | null, memberEpoch: number): Promise<void> => {
      await peer.call(`fetch: ${label}`, offsetFetch, version, {
        groupId: '',
        topics: [],
        groups: [
          {
            groupId: side.name('offsets'),
            memberId: id,
            memberEpoch,
            topics: [{ name: topic.name, topicId: topic.topicId, partitionIndexes: [0, 1] }],
          },
        ],
        requireStable: true,
      });
    };
    await fetch('anybody', null, -1);
    if (version === 8) continue;
    await fetch('the member', memberId, epoch);
    await fetch('ahead', memberId, epoch + 1);
    await fetch('behind', memberId, epoch - 1);
    await fetch('an unknown member', 'nobody', epoch);
    await fetch('an empty member', '', -1);
    await fetch('no member, an epoch', null, 1);
    await fetch('no epoch', memberId, -1);
  }
  const remove = async (label: string, name: string): Promise<void> => {
    const partitions = [{ partitionIndex: 0 }];
    await peer.call(label, offsetDelete, 0, { groupId: side.name('offsets'), topics: [{ name, partitions }] });
  };
  await remove('delete offsets of a subscribed topic', topic.name);
  await member.beat('reads nothing', { subscribedTopicNames: [] });
  await remove('delete offsets of a topic no longer read', topic.name);
  await member.leave();
  await commit(side, peer, 'nobody, to the empty group', { topic, version: 9, who: NOBODY });
  await commit(side, peer, 'the former member, to the empty group', { topic, version: 9, who: member });
  await remove('delete offsets of the empty group', topic.name);
}

async function olderEpochs(side: Side, peer: Peer, topic: Topic, other: Topic): Promise<void> {
  const member = new ConsumerMember(side, side.name('offsets'), 'older');
  await member.join([topic.name]);
  await member.confirm();
  const { memberId, epoch } = member;
  await member.beat('reads more', { subscribedTopicNames: [topic.name, other.name] });
  await member.confirm();
  const who = { memberId, epoch };
  await commit(side, peer, 'what it had before', { topic, version: 9, who, partitions: [0, 3] });
  await commit(side, peer, 'what came since', { topic: other, version: 9, who });
  await commit(side, peer, 'before it had anything', { topic, version: 9, who: { memberId, epoch: epoch - 1 } });
  await commit(side, peer, 'a partition that is not', { topic, version: 9, who, partitions: [0, 9] });
  await member.beat('reads less', { subscribedTopicNames: [other.name] });
  await commit(side, peer, 'what it gives back', { topic, version: 9, who: member });
  await commit(side, peer, 'what it gives back, behind', { topic, version: 9, who });
  await member.confirm();
  await commit(side, peer, 'what it gave back, behind', { topic, version: 9, who });
  await commit(side, peer, 'what it gave back', { topic, version: 9, who: member });
  await member.leave();
}

async function transactions(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const groupId = side.name('offsets');
  const member = new ConsumerMember(side, groupId, 'txn');
  await member.join([topic.name]);
  const who = await transactor(side, peer, 'txn');
  await peer.quiet(addOffsetsToTxn, 3, { ...who, groupId });
  const { memberId, epoch } = member;
  const commitAs = async (label: string, id: string, generationId: number, instanceId: string | null = null) => {
    await peer.call(label, txnOffsetCommit, 3, {
      ...who,
      groupId,
      memberId: id,
      generationId,
      groupInstanceId: instanceId,
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    });
  };
  await commitAs('in a transaction', memberId, epoch);
  await commitAs('ahead', memberId, epoch + 1);
  await commitAs('behind', memberId, epoch - 1);
  await commitAs('an unknown member', 'nobody', epoch);
  await commitAs('nobody', '', -1);
  await commitAs('an instance', '', -1, 'i');
}

async function patterns(side: Side, topic: Topic): Promise<void> {
  const group = side.name('pattern');
  const peer = side.peer();
  const member = new ConsumerMember(side, group, 'a');
  for (const pattern of ['(', '[a', 'a{2,1}', '*', '(?=x)', '\\1']) {
    await member.join(null, { subscribedTopicRegex: pattern }, `pattern ${pattern}`);
  }
  await member.join(null, { subscribedTopicRegex: `${side.name('fou')}.*` }, 'joins by pattern');
  await member.beatUntil('gets what matches', ({ count }) => count === 4);
  await describe(side, peer, 'by pattern', 'pattern');
  const second = new ConsumerMember(side, group, 'b');
  await second.join(null, { subscribedTopicRegex: `${side.name('fou')}.*` }, 'joins by the same pattern');
  await member.beat('gives back');
  await member.confirm();
  await second.beat('gets its part');
  await second.beat('names a topic too', { subscribedTopicNames: [side.name('other')] });
  await second.confirm();
  await second.beat('has no pattern any more', { subscribedTopicRegex: '' });
  await second.confirm();
  await member.confirm();
  await member.beat('wants nonsense', { subscribedTopicRegex: '(' });
  await describe(side, peer, 'two members', 'pattern');
  await second.leave();
  await member.beat('reads by name', { subscribedTopicNames: [topic.name], subscribedTopicRegex: '' });
  await member.confirm();
  await describe(side, peer, 'no pattern', 'pattern');
}

async function settings(side: Side, topic: Topic): Promise<void> {
  const groups = [side.name('settings')];
  const member = new ConsumerMember(side, side.name('settings'), 'a');
  await member.join([topic.name]);
  await setGroupConfig(side, groups, 'consumer.heartbeat.interval.ms', '7000');
  await settled(side);
  await member.beat('hears of the new interval');
  await member.leave();
}
