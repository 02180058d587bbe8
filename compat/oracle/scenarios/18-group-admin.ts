import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { listGroups } from '../../../src/protocol/messages/016-list-groups.ts';
import { deleteGroups } from '../../../src/protocol/messages/042-delete-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { topicOf } from '../batches.ts';
import { coordinatorReady, Member, subscriptionTo } from '../members.ts';
import { versionsOf, type Peer, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** What administrators ask of groups: describe, list with filters, delete, delete offsets (behaviour 70). */
export const scenario: Scenario = {
  name: '18-group-admin',
  async run(side: Side) {
    await coordinatorReady(side);
    const peer = side.peer();
    const topic = await createTopic(side, 'a', { partitions: 2 });
    const member = new Member(side, side.name('live'), 'live');
    const subscription = [{ name: 'range', metadata: subscriptionTo(topic.name) }];
    await member.join({ protocols: subscription });
    await member.sync({ [member.memberId]: 'all' });
    await commit(peer, side.name('simple'), topic);
    await member.peer.quiet(offsetCommit, 9, commitOf(member.groupId, topic, member));
    await listing(side, peer);
    await describing(side, peer);
    await deletingOffsets(side, peer, topic);
    await deleting(side, peer, member);
  },
};

function commitOf(groupId: string, topic: Topic, member?: Member): Write<typeof offsetCommit.request.fields> {
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 3, committedMetadata: '' }));
  return {
    groupId,
    generationIdOrMemberEpoch: member?.generationId ?? -1,
    memberId: member?.memberId ?? '',
    topics: [{ ...topicOf(topic), partitions }],
  };
}

async function commit(peer: Peer, groupId: string, topic: Topic): Promise<void> {
  await peer.quiet(offsetCommit, 9, commitOf(groupId, topic));
}

async function listing(side: Side, peer: Peer): Promise<void> {
  const list = async (
    label: string,
    version: number,
    statesFilter: string[] = [],
    typesFilter: string[] = [],
  ): Promise<void> => {
    const request = { statesFilter, typesFilter };
    await peer.call(label, listGroups, version, request, {
      pick: ({ errorCode, groups }) => ({
        errorCode,
        groups: groups
          .filter(({ groupId }) => side.isOwn(groupId))
          .toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1)),
      }),
    });
  };
  for (const version of versionsOf(listGroups)) await list('all', version);
  for (const state of ['Stable', 'stable', 'Empty', 'Dead', 'nonsense', '']) await list(`state ${state}`, 5, [state]);
  await list('two states', 5, ['Stable', 'Empty']);
  for (const type of ['classic', 'Classic', 'consumer', 'share', 'nonsense', ''])
    await list(`type ${type}`, 5, [], [type]);
  await list('state and type', 5, ['Stable'], ['classic']);
}

async function describing(side: Side, peer: Peer): Promise<void> {
  for (const version of versionsOf(describeGroups)) {
    for (const name of ['live', 'simple', 'nothing']) {
      for (const includeAuthorizedOperations of version >= 3 ? [false, true] : [false]) {
        await peer.call(`describe ${name}`, describeGroups, version, {
          groups: [side.name(name)],
          includeAuthorizedOperations,
        });
      }
    }
    await peer.call('describe none', describeGroups, version, { groups: [], includeAuthorizedOperations: false });
    await peer.call('describe two', describeGroups, version, {
      groups: [side.name('simple'), side.name('nothing')],
      includeAuthorizedOperations: false,
    });
  }
}

async function deletingOffsets(side: Side, peer: Peer, topic: Topic): Promise<void> {
  const remove = async (label: string, groupId: string, name: string, ...indexes: number[]): Promise<void> => {
    const partitions = indexes.map((partitionIndex) => ({ partitionIndex }));
    await peer.call(
      label,
      offsetDelete,
      0,
      { groupId, topics: [{ name, partitions }] },
      {
        pick: (answer) => ({
          ...answer,
          topics: answer.topics.map((each) => ({
            ...each,
            partitions: each.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
          })),
        }),
      },
    );
  };
  await remove('of a live group that subscribes', side.name('live'), topic.name, 0);
  await remove('of a live group, unknown topic', side.name('live'), side.name('none'), 0);
  await remove('of a simple group', side.name('simple'), topic.name, 0, 9);
  await remove('again', side.name('simple'), topic.name, 0);
  await remove('unknown topic', side.name('simple'), side.name('none'), 0);
  await remove('unknown group', side.name('nothing'), topic.name, 0);
  await remove('empty group', '', topic.name, 0);
  await remove('nothing', side.name('simple'), topic.name);
}

function pick({ results }: { results: { groupId: string; errorCode: number }[] }): unknown {
  return results.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

async function deleting(side: Side, peer: Peer, member: Member): Promise<void> {
  for (const version of versionsOf(deleteGroups)) {
    await peer.call('delete a live group', deleteGroups, version, { groupsNames: [side.name('live')] }, { pick });
    await peer.call('delete an unknown one', deleteGroups, version, { groupsNames: [side.name('nothing')] }, { pick });
    await peer.call('delete none', deleteGroups, version, { groupsNames: [] }, { pick });
  }
  await peer.call('delete a simple group', deleteGroups, 2, { groupsNames: [side.name('simple')] }, { pick });
  await peer.call('delete it again', deleteGroups, 2, { groupsNames: [side.name('simple')] }, { pick });
  await member.leave();
  await peer.call('delete an empty group', deleteGroups, 2, { groupsNames: [side.name('live')] }, { pick });
  await peer.call('described afterwards', describeGroups, 6, {
    groups: [side.name('live')],
    includeAuthorizedOperations: false,
  });
}
