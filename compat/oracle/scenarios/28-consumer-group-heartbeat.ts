import { assignAtOnce, ConsumerMember, sortAssignment, type Beat } from '../consumer-members.ts';
import { consumerGroupHeartbeat } from '../../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import { coordinatorReady } from '../members.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic, settled, type Topic } from '../topics.ts';

/** ConsumerGroupHeartbeat, right and wrong (KIP-848; behaviours 71 to 76). */
export const scenario: Scenario = {
  name: '28-consumer-group-heartbeat',
  async run(side: Side) {
    await coordinatorReady(side);
    const topic = await createTopic(side, 'four', { partitions: 4 });
    const other = await createTopic(side, 'two', { partitions: 2 });
    await assignAtOnce(side, ...GROUPS.map((group) => side.name(group)));
    await settled(side);
    await wrongRequests(side, topic);
    await oneMember(side, topic, other);
    await epochs(side, topic);
    await twoMembers(side, topic);
    await staticMembers(side, topic);
    await subscriptions(side, topic, other);
    await assignors(side, topic);
  },
};

const GROUPS = ['wrong', 'one', 'epochs', 'two', 'static', 'topics', 'assignors', 'nobody'];

async function wrongRequests(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const base: Beat = {
    groupId: side.name('wrong'),
    memberId: side.name('x'),
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [topic.name],
    topicPartitions: [],
  };
  const owned = [{ topicId: topic.topicId, partitions: [0] }];
  const wrong: readonly [label: string, wish: Partial<Beat>][] = [
    ['empty member id', { memberId: '', memberEpoch: 1 }],
    ['blank member id', { memberId: ' ' }],
    ['leaves with an empty member id', { memberId: '', memberEpoch: -1 }],
    ['static leave with an empty member id', { memberId: '', memberEpoch: -2 }],
    ['empty group', { groupId: '' }],
    ['blank group', { groupId: ' ' }],
    ['empty instance', { instanceId: '' }],
    ['empty rack', { rackId: '' }],
    ['no rebalance timeout', { rebalanceTimeoutMs: -1 }],
    ['no owned partitions', { topicPartitions: null }],
    ['owned partitions', { topicPartitions: owned }],
    ['no topics', { subscribedTopicNames: null }],
    ['static leave without instance', { memberEpoch: -2 }],
    ['epoch -3', { memberEpoch: -3 }],
    ['unknown assignor', { serverAssignor: 'nonsense' }],
    ['empty assignor', { serverAssignor: '' }],
    ['epoch in an unknown group', { memberEpoch: 3 }],
    ['leaves an unknown group', { memberEpoch: -1 }],
    ['leaves an unknown group for now', { memberEpoch: -2, instanceId: 'i' }],
  ];
  for (const version of versionsOf(consumerGroupHeartbeat)) {
    for (const [label, wish] of wrong) {
      await peer.call(label, consumerGroupHeartbeat, version, { ...base, ...wish }, { pick: sortAssignment });
    }
  }
  await peer.call(
    'a member id of the broker',
    consumerGroupHeartbeat,
    0,
    { ...base, memberId: '' },
    {
      pick: sortAssignment,
    },
  );
}

async function oneMember(side: Side, topic: Topic, other: Topic): Promise<void> {
  const member = new ConsumerMember(side, side.name('one'), 'a');
  await member.join([topic.name]);
  await member.beat('beats');
  await member.confirm();
  await member.beat('says everything', {
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [topic.name],
    topicPartitions: member.assigned,
  });
  await member.beat('says nearly everything', { rebalanceTimeoutMs: 30_000, topicPartitions: member.assigned });
  await member.beat('beats in version 0', {}, 0);
  await member.beat('reads more', { subscribedTopicNames: [topic.name, other.name] });
  await member.confirm();
  await member.beat('has a rack', { rackId: 'r1' });
  await member.beat('has another rebalance timeout', { rebalanceTimeoutMs: 20_000 });
  await member.beat('reads the same again', { subscribedTopicNames: [other.name, topic.name] });
  await member.beat('reads less', { subscribedTopicNames: [other.name] });
  await member.beat('holds on to what it is to give back', {
    topicPartitions: [
      { topicId: topic.topicId, partitions: [0, 1, 2, 3] },
      { topicId: other.topicId, partitions: [0, 1] },
    ],
  });
  await member.confirm();
  await member.beat('reads nothing', { subscribedTopicNames: [] });
  await member.beat('holds nothing', { topicPartitions: [] });
  await member.beat('reads what is not there', { subscribedTopicNames: [side.name('none')] });
  await member.join([topic.name], {}, 'joins again');
  await member.leave();
  await member.beat('beats after that');
  await member.leave();
  await member.join([topic.name], {}, 'joins the empty group');
  await member.leave();
}

async function epochs(side: Side, topic: Topic): Promise<void> {
  const member = new ConsumerMember(side, side.name('epochs'), 'a');
  await member.join([topic.name]);
  await member.beat('is ahead', { memberEpoch: 9 });
  await member.beat('is behind', { memberEpoch: 1 });
  const { epoch } = member;
  await member.beat('reads nothing', { subscribedTopicNames: [] });
  await member.beat('had no answer', { memberEpoch: epoch, topicPartitions: member.assigned });
  await member.beat('had no answer, says nothing', { memberEpoch: epoch });
  await member.beat('had no answer, holds too much', {
    memberEpoch: epoch,
    topicPartitions: [{ topicId: topic.topicId, partitions: [77] }],
  });
  await member.beat('beats');
  await member.confirm();
  const stranger = new ConsumerMember(side, side.name('epochs'), 'stranger');
  await stranger.beat('is unknown', { memberEpoch: 2 });
  await stranger.leave();
  await stranger.beat('leaves for now', { memberEpoch: -2, instanceId: 'i' });
}

async function twoMembers(side: Side, topic: Topic): Promise<void> {
  const first = new ConsumerMember(side, side.name('two'), 'a');
  const second = new ConsumerMember(side, side.name('two'), 'b');
  await first.join([topic.name]);
  await first.confirm();
  await second.join([topic.name]);
  await second.beat('waits');
  await first.beat('is to give back');
  await first.beat('says nothing of it');
  await second.beat('still waits');
  await first.beat('has given back', { topicPartitions: first.assigned });
  await second.beat('gets its part');
  await second.confirm();
  await first.confirm();
  await second.leave();
  await first.beat('gets all again');
  await first.confirm();
  await second.join([topic.name], {}, 'joins again');
  await second.leave(-1, 'leaves before it has anything');
  await first.beat('beats');
  await first.confirm();
}

async function staticMembers(side: Side, topic: Topic): Promise<void> {
  const group = side.name('static');
  const first = new ConsumerMember(side, group, 'first', { instanceId: 'one' });
  await first.join([topic.name]);
  await first.confirm();
  const second = new ConsumerMember(side, group, 'second', { instanceId: 'one' });
  await second.join([topic.name], {}, 'cannot join');
  await second.beat('is fenced', { memberEpoch: first.epoch });
  await second.leave();
  await second.leave(-2, 'leaves for now');
  await first.join([topic.name], {}, 'cannot join again');
  await first.leave(-2, 'leaves for now');
  await first.beat('beats while away', { memberEpoch: 2 });
  await second.join([topic.name], {}, 'takes the place');
  await second.confirm();
  await first.beat('is fenced', { memberEpoch: 2 });
  await second.leave(-2, 'leaves for now');
  await second.join([topic.name], {}, 'comes back with its id');
  await second.beat('is not known by another instance', { instanceId: 'other' });
  await second.leave();
  await second.join([topic.name], {}, 'comes back after it left for good');
  await second.leave();
}

async function subscriptions(side: Side, topic: Topic, other: Topic): Promise<void> {
  const group = side.name('topics');
  const first = new ConsumerMember(side, group, 'a');
  const second = new ConsumerMember(side, group, 'b');
  await first.join([topic.name]);
  await first.confirm();
  await second.join([other.name]);
  await second.confirm();
  await first.beat('is not disturbed');
  await first.confirm();
  const later = side.name('later');
  await first.beat('reads a topic to come', { subscribedTopicNames: [topic.name, later] });
  await createTopic(side, 'later', { partitions: 3 });
  await first.beatUntil('gets the topic that came', ({ count }) => count === 7);
  await second.confirm();
  await second.beat('reads nothing any more', { subscribedTopicNames: [] });
  await second.confirm('has nothing');
  await first.confirm();
}

async function assignors(side: Side, topic: Topic): Promise<void> {
  const group = side.name('assignors');
  const members = ['a', 'b', 'c'].map((label) => new ConsumerMember(side, group, label));
  const [a, b, c] = members as [ConsumerMember, ConsumerMember, ConsumerMember];
  await a.join([topic.name], { serverAssignor: 'range' });
  await a.confirm();
  await b.join([topic.name], { serverAssignor: 'uniform' });
  await c.join([topic.name], { serverAssignor: 'range' });
  for (let round = 0; round < 3; round++) for (const member of members) await member.confirm(`round ${round}`);
  await a.beat('changes its mind', { serverAssignor: 'uniform' });
  await a.beat('wants nonsense', { serverAssignor: 'nonsense' });
  await a.beat('wants what it had', { serverAssignor: null });
}
