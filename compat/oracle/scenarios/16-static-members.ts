import { setTimeout as pause } from 'node:timers/promises';
import { leaveGroup } from '../../../src/protocol/messages/013-leave-group.ts';
import { describeGroups } from '../../../src/protocol/messages/015-describe-groups.ts';
import { offsetCommit } from '../../../src/protocol/messages/008-offset-commit.ts';
import { coordinatorReady, Member } from '../members.ts';
import type { Scenario, Side } from '../scenario.ts';

/** Static members: taking over an instance id, fencing the old holder, removal by an administrator (behaviour 64). */
export const scenario: Scenario = {
  name: '16-static-members',
  async run(side: Side) {
    await coordinatorReady(side);
    await takeOver(side);
    await takeOverOfLeader(side);
    await removal(side);
    await olderVersions(side);
  },
};

async function takeOver(side: Side): Promise<void> {
  const group = side.name('takeover');
  const leader = new Member(side, group, 'leader', { instanceId: 'one' });
  const follower = new Member(side, group, 'follower', { instanceId: 'two' });
  await leader.join();
  const joins = follower.join();
  await pause(200);
  await Promise.all([leader.join(), joins]);
  const syncs = follower.sync();
  await pause(50);
  await Promise.all([leader.sync({ [leader.memberId]: 'left', [follower.memberId]: 'right' }), syncs]);
  const again = new Member(side, group, 'follower', { instanceId: 'two' });
  await again.join();
  await again.sync();
  await again.heartbeat();
  await follower.heartbeat('beats, fenced');
  await follower.sync();
  await follower.join();
  await commit(side, follower, 'fenced');
  await commit(side, again, 'the new holder');
  await leader.heartbeat('is undisturbed');
  await describe(side, group, 'taken over');
  await follower.leave();
  await again.leave();
  await leader.heartbeat('beats after that');
}

async function takeOverOfLeader(side: Side): Promise<void> {
  const group = side.name('leads');
  const leader = new Member(side, group, 'leader', { instanceId: 'one' });
  await leader.join();
  await leader.sync({ [leader.memberId]: 'all' });
  const again = new Member(side, group, 'leader', { instanceId: 'one' });
  await again.join();
  await again.sync({ [again.memberId]: 'all again' });
  await leader.heartbeat('beats, fenced');
  const changed = new Member(side, group, 'changed', { instanceId: 'one' });
  await changed.join();
  await changed.sync({ [changed.memberId]: 'changed' });
  await describe(side, group, 'another subscription');
}

async function removal(side: Side): Promise<void> {
  const group = side.name('removal');
  const member = new Member(side, group, 'kept', { instanceId: 'one' });
  await member.join();
  await member.sync({ [member.memberId]: 'all' });
  const leave = async (
    label: string,
    members: { memberId: string; groupInstanceId: string | null }[],
  ): Promise<void> => {
    await side.peer().call(label, leaveGroup, 5, { groupId: group, memberId: '', members });
  };
  await leave('an unknown instance', [{ memberId: '', groupInstanceId: 'nobody' }]);
  await leave('with a wrong member id', [{ memberId: 'x', groupInstanceId: 'one' }]);
  await leave('neither', [{ memberId: '', groupInstanceId: null }]);
  await leave('both, and an unknown one', [
    { memberId: '', groupInstanceId: 'one' },
    { memberId: '', groupInstanceId: 'nobody' },
  ]);
  await member.heartbeat('beats, removed');
  await describe(side, group, 'empty');
}

async function olderVersions(side: Side): Promise<void> {
  for (const version of [5, 6, 7, 8]) {
    const group = side.name(`static-${version}`);
    const first = new Member(side, group, 'first', { instanceId: 'one' });
    await first.join({}, version);
    await first.sync({ [first.memberId]: 'all' }, 3);
    const second = new Member(side, group, 'first', { instanceId: 'one' });
    await second.join({}, version);
    await second.sync({ [second.memberId]: 'all' }, 3);
    await first.heartbeat('beats, fenced', 3);
  }
}

async function commit(side: Side, member: Member, label: string): Promise<void> {
  const { groupId, memberId, generationId, instanceId } = member;
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  await member.peer.call(`commit: ${label}`, offsetCommit, 9, {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId: instanceId,
    topics: [{ name: side.name('none'), topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions }],
  });
}

async function describe(side: Side, group: string, label: string): Promise<void> {
  for (const version of [4, 6]) {
    await side.peer().call(
      label,
      describeGroups,
      version,
      { groups: [group], includeAuthorizedOperations: false },
      {
        pick: ({ groups }) =>
          groups.map((each) => ({
            ...each,
            members: each.members.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)),
          })),
      },
    );
  }
}
