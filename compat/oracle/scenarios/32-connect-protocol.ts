import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { syncGroup } from '../../../src/protocol/messages/014-sync-group.ts';
import { listGroups } from '../../../src/protocol/messages/016-list-groups.ts';
import { deleteGroups } from '../../../src/protocol/messages/042-delete-groups.ts';
import { offsetDelete } from '../../../src/protocol/messages/047-offset-delete.ts';
import { topicOf } from '../batches.ts';
import { coordinatorReady, describeGroup, Member, untilState } from '../members.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

const CONNECT = { protocolType: 'connect', protocolName: 'sessioned' };

/** What Connect's workers do: a protocol type of their own, metadata that is none of the coordinator's business. */
export const scenario: Scenario = {
  name: '32-connect-protocol',
  async run(side: Side) {
    await coordinatorReady(side);
    const topic = await createTopic(side, 'connect');
    await workers(side);
    await administered(side, topic);
    await otherTypes(side);
    for (const version of versionsOf(joinGroup)) await joinVersion(side, version);
  },
};

/** Connect's three protocols, the newest first; the bytes are no subscription. */
function offering(url: string) {
  const protocols = ['sessioned', 'compatible', 'default'].map((name, index) => ({
    name,
    metadata: Buffer.from([0, 2 - index, 0, url.length, ...Buffer.from(url), 0xff, 0xff, 0xff, 0xff]),
  }));
  return { protocols };
}

async function workers(side: Side): Promise<void> {
  const group = side.name('workers');
  const [a, b] = [new Member(side, group, 'a', CONNECT), new Member(side, group, 'b', CONNECT)];
  await a.join(offering('http://a/'));
  await a.sync({ [a.memberId]: 'leader, tasks' });
  const joins = b.join(offering('http://b/'));
  await untilState(side, 'workers', 'PreparingRebalance');
  await Promise.all([a.join(offering('http://a/')), joins]);
  const syncs = b.sync();
  await Promise.all([a.sync({ [a.memberId]: 'connectors', [b.memberId]: 'tasks' }), syncs]);
  await describeGroup(side, 'workers', 'two workers', [0, 5, 6]);
  await b.heartbeat();
  await b.leave();
  await a.heartbeat('beats after the other left');
  await a.join(offering('http://a/'));
  await a.sync({ [a.memberId]: 'everything' });
  await a.leave();
  await describeGroup(side, 'workers', 'none left');
}

async function administered(side: Side, topic: Topic): Promise<void> {
  const member = new Member(side, side.name('admin'), 'a', CONNECT);
  const { groupId, peer } = member;
  await member.join(offering('http://a/'));
  await member.sync({ [member.memberId]: 'all' });
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  const topics = [{ ...topicOf(topic), partitions }];
  const own = { generationIdOrMemberEpoch: member.generationId, memberId: member.memberId };
  await peer.call('a worker commits', offsetCommit, 9, { groupId, ...own, topics });
  const deletion = { groupId, topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }] };
  await peer.call('delete offsets of the live group', offsetDelete, 0, deletion);
  await peer.call('delete the live group', deleteGroups, 2, { groupsNames: [groupId] });
  await peer.call(
    'list',
    listGroups,
    5,
    { statesFilter: [], typesFilter: [] },
    { pick: ({ groups }) => groups.filter((each) => each.groupId === groupId) },
  );
  await member.leave();
  await peer.call('delete offsets of the empty group', offsetDelete, 0, deletion);
  await peer.call('delete the empty group', deleteGroups, 2, { groupsNames: [groupId] });
}

/** Types do not mix while there are members; an empty group takes any. */
async function otherTypes(side: Side): Promise<void> {
  const group = side.name('types');
  const worker = new Member(side, group, 'worker', CONNECT);
  const consumer = new Member(side, group, 'consumer');
  await worker.join(offering('http://a/'));
  await consumer.join();
  await worker.peer.call('syncs as another type', syncGroup, 5, {
    groupId: group,
    generationId: worker.generationId,
    memberId: worker.memberId,
    protocolType: 'consumer',
    protocolName: 'sessioned',
    assignments: [],
  });
  await worker.sync({ [worker.memberId]: 'all' });
  await worker.join({ protocolType: 'consumer', ...offering('http://a/') });
  await worker.join({ protocols: [] });
  await worker.join({ protocolType: '', ...offering('http://a/') });
  await worker.heartbeat('is still a member');
  await worker.leave();
  await consumer.join();
  await describeGroup(side, 'types', 'taken over by a consumer');
}

async function joinVersion(side: Side, version: number): Promise<void> {
  const member = new Member(side, side.name(`join-${version}`), 'a', CONNECT);
  await member.join(offering('http://a/'), version);
  await member.sync({ [member.memberId]: 'all' }, Math.min(5, version));
  await member.heartbeat('beats', Math.min(4, version));
  await member.join(offering('http://a/changed'), version);
  await member.leave(Math.min(5, version));
  await describeGroup(side, `join-${version}`, 'left');
}
