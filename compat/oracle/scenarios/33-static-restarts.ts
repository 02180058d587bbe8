import { setTimeout as pause } from 'node:timers/promises';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { joinGroup } from '../../../src/protocol/messages/011-join-group.ts';
import { topicOf } from '../batches.ts';
import { coordinatorReady, describeGroup, Member, subscriptionTo, untilState } from '../members.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic, type Topic } from '../topics.ts';

/** Join versions that know instance ids. */
const STATIC_SINCE = 5;

/** Static members whose processes start again, in every state of the group and with every version (behaviour 64, KIP-345). */
export const scenario: Scenario = {
  name: '33-static-restarts',
  async run(side: Side) {
    await coordinatorReady(side);
    const topic = await createTopic(side, 'static');
    const versions = versionsOf(joinGroup).filter((each) => each >= STATIC_SINCE);
    for (const version of versions) await restartOfEach(side, version, topic);
    await bothAtOnce(side);
    await whilePreparing(side);
    await whileCompleting(side);
    await neverBack(side);
    await withoutMembers(side);
  },
};

class Pair {
  readonly group: string;
  readonly #side: Side;
  leader: Member;
  follower: Member;

  constructor(side: Side, group: string) {
    this.#side = side;
    this.group = group;
    this.leader = this.started('leader');
    this.follower = this.started('follower');
  }

  /** A process that knows its instance id and nothing else. */
  started(instanceId: string): Member {
    return new Member(this.#side, this.#side.name(this.group), instanceId, { instanceId });
  }

  async join(options: Parameters<Member['join']>[0] = {}, version = 9): Promise<void> {
    await this.leader.join(options, version);
    const joins = this.follower.join(options, version);
    await untilState(this.#side, this.group, 'PreparingRebalance');
    await Promise.all([this.leader.join(options, version), joins]);
  }

  async sync(): Promise<void> {
    const syncs = this.follower.sync();
    await pause(50);
    await Promise.all([this.leader.sync({ [this.leader.memberId]: 'left', [this.follower.memberId]: 'right' }), syncs]);
  }
}

async function restartOfEach(side: Side, version: number, topic: Topic): Promise<void> {
  const pair = new Pair(side, `each-${version}`);
  const subscription = { protocols: [{ name: 'range', metadata: subscriptionTo(topic.name) }] };
  await pair.join(subscription, version);
  await pair.sync();
  const { follower, leader } = pair;
  pair.follower = pair.started('follower');
  await pair.follower.join(subscription, version);
  await pair.follower.sync();
  await commit(follower, topic, 'the follower that was');
  await commit(pair.follower, topic, 'the follower that is');
  await leader.heartbeat('hears nothing of it');
  pair.leader = pair.started('leader');
  await pair.leader.join(subscription, version);
  await pair.leader.sync({ [pair.leader.memberId]: 'left again' });
  await leader.heartbeat('is fenced');
  await leader.join(subscription, version);
  await leader.leave();
  await commit(leader, topic, 'the leader that was');
  await describeGroup(side, pair.group, 'both have started again');
  const changed = pair.started('follower');
  const joins = changed.join({ protocols: [{ name: 'range', metadata: subscriptionTo('changed') }] }, version);
  await Promise.race([joins, pause(500)]);
  await describeGroup(side, pair.group, 'the follower reads something else');
  await pair.leader.heartbeat('after that');
}

async function bothAtOnce(side: Side): Promise<void> {
  const pair = new Pair(side, 'both');
  await pair.join();
  await pair.sync();
  pair.leader = pair.started('leader');
  pair.follower = pair.started('follower');
  await pair.leader.join();
  await pair.follower.join();
  await pair.sync();
  await describeGroup(side, 'both', 'both came back');
  await pair.leader.heartbeat();
  await pair.follower.heartbeat();
}

/** A third member waits for the others; one of them comes back as a new process. */
async function whilePreparing(side: Side): Promise<void> {
  const pair = new Pair(side, 'preparing');
  await pair.join();
  await pair.sync();
  const third = new Member(side, side.name('preparing'), 'third');
  const joins = third.join();
  await untilState(side, 'preparing', 'PreparingRebalance');
  const before = pair.follower;
  pair.follower = pair.started('follower');
  await Promise.all([pair.follower.join(), pair.leader.join(), joins]);
  await before.heartbeat('is fenced');
  await describeGroup(side, 'preparing', 'completing with the new process');
}

/** Between join and sync a new process takes the place of one that has joined. */
async function whileCompleting(side: Side): Promise<void> {
  const pair = new Pair(side, 'completing');
  await pair.join();
  const before = pair.follower;
  pair.follower = pair.started('follower');
  const joins = pair.follower.join();
  await Promise.race([joins, pause(300)]);
  await describeGroup(side, 'completing', 'a process started again');
  await before.heartbeat('is fenced');
  await pair.leader.heartbeat('after that');
  await Promise.all([pair.leader.join(), joins]);
  await describeGroup(side, 'completing', 'all have joined');
}

/** A static member that is gone keeps its place until its session is over. */
async function neverBack(side: Side): Promise<void> {
  const pair = new Pair(side, 'gone');
  await pair.join({ sessionTimeoutMs: 1500 });
  await pair.sync();
  await pause(1000);
  await pair.leader.heartbeat('beats while the other is away');
  await pause(1000);
  await pair.leader.heartbeat('hears of the rebalance');
  await pair.leader.join();
  await pair.leader.sync({ [pair.leader.memberId]: 'all' });
  pair.follower = pair.started('follower');
  const joins = pair.follower.join();
  await untilState(side, 'gone', 'PreparingRebalance');
  await Promise.all([pair.leader.join(), joins]);
  await describeGroup(side, 'gone', 'the other is back as a new member');
}

/** The last process ends its membership itself; what comes next starts afresh. */
async function withoutMembers(side: Side): Promise<void> {
  const first = new Member(side, side.name('alone'), 'first', { instanceId: 'one' });
  await first.join();
  await first.sync({ [first.memberId]: 'all' });
  await first.leave();
  await first.heartbeat('beats after leaving');
  const second = new Member(side, side.name('alone'), 'second', { instanceId: 'one' });
  await second.join();
  await second.sync({ [second.memberId]: 'all' });
  await describeGroup(side, 'alone', 'a new life');
}

async function commit(member: Member, topic: Topic, label: string): Promise<void> {
  const { groupId, generationId, memberId, instanceId } = member;
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  await member.peer.call(`commit: ${label}`, offsetCommit, 9, {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId: instanceId,
    topics: [{ ...topicOf(topic), partitions }],
  });
}
