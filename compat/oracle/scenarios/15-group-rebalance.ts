import { setTimeout as pause } from 'node:timers/promises';
import { coordinatorReady, describeGroup, Member, subscriptionTo, untilState } from '../members.ts';
import type { Scenario, Side } from '../scenario.ts';

/** Members come and go: who leads, which generation, who waits for whom, who is dropped (behaviours 57-63). */
export const scenario: Scenario = {
  name: '15-group-rebalance',
  async run(side: Side) {
    await coordinatorReady(side);
    await twoMembers(side);
    await rejoins(side);
    await missedRebalance(side);
    await sessionEnds(side);
    await missedSync(side);
    await voting(side);
  },
};

/** A second member joins, both go through the rebalance; the leader leaves, the other leads. */
async function twoMembers(side: Side): Promise<void> {
  const [a, b] = [new Member(side, side.name('two'), 'a'), new Member(side, side.name('two'), 'b')];
  await a.join();
  await a.sync({ [a.memberId]: 'all' });
  const joinsB = b.join();
  await untilState(side, 'two', 'PreparingRebalance');
  await a.heartbeat('beats in the rebalance');
  await describeGroup(side, 'two', 'two: preparing');
  await Promise.all([a.join(), joinsB]);
  await b.heartbeat('beats before the sync');
  await describeGroup(side, 'two', 'two: completing');
  const syncsB = b.sync();
  await pause(50);
  await Promise.all([a.sync({ [a.memberId]: 'left', [b.memberId]: 'right' }), syncsB]);
  await describeGroup(side, 'two', 'two: stable');
  await a.leave();
  await b.heartbeat('beats after the other left');
  await b.join();
  await b.sync({ [b.memberId]: 'all' });
  await describeGroup(side, 'two', 'two: one left');
  await b.leave();
  await describeGroup(side, 'two', 'two: none left');
}

/** A follower's unchanged join in a stable group gets the generation as it is; the leader's starts a rebalance. */
async function rejoins(side: Side): Promise<void> {
  const [a, b] = [new Member(side, side.name('rejoin'), 'a'), new Member(side, side.name('rejoin'), 'b')];
  await a.join();
  const joinsB = b.join();
  await untilState(side, 'rejoin', 'PreparingRebalance');
  await Promise.all([a.join(), joinsB]);
  const syncsB = b.sync();
  await pause(50);
  await Promise.all([a.sync({ [a.memberId]: 'left', [b.memberId]: 'right' }), syncsB]);
  await b.join();
  await b.sync();
  const changed = [{ name: 'range', metadata: subscriptionTo('changed') }];
  const rejoinB = b.join({ protocols: changed });
  await untilState(side, 'rejoin', 'PreparingRebalance');
  await Promise.all([a.join(), rejoinB]);
  const late = b.sync();
  await pause(50);
  await Promise.all([a.sync({ [a.memberId]: 'left', [b.memberId]: 'right' }), late]);
  const leaderAgain = a.join();
  await untilState(side, 'rejoin', 'PreparingRebalance');
  await Promise.all([b.join({ protocols: changed }), leaderAgain]);
}

/** Who does not come back within the rebalance timeout is dropped. */
async function missedRebalance(side: Side): Promise<void> {
  const [a, b] = [new Member(side, side.name('missed'), 'a'), new Member(side, side.name('missed'), 'b')];
  const quick = { rebalanceTimeoutMs: 700 };
  await a.join(quick);
  await a.sync({ [a.memberId]: 'all' });
  await b.join(quick);
  await a.heartbeat('beats, dropped');
  await b.sync({ [b.memberId]: 'all' });
  await describeGroup(side, 'missed', 'missed: without the one that missed it');
}

/** Who sends no heartbeat within the session is dropped. */
async function sessionEnds(side: Side): Promise<void> {
  const member = new Member(side, side.name('session'), 'a');
  await member.join({ sessionTimeoutMs: 1000 });
  await member.sync({ [member.memberId]: 'all' });
  await pause(700);
  await member.heartbeat('beats in time');
  await pause(700);
  await member.heartbeat('beats in time again');
  await pause(1500);
  await member.heartbeat('beats too late');
  await describeGroup(side, 'session', 'session: afterwards');
}

/** Who joins and never syncs is dropped with the rebalance timeout. */
async function missedSync(side: Side): Promise<void> {
  const [a, b] = [new Member(side, side.name('nosync'), 'a'), new Member(side, side.name('nosync'), 'b')];
  const quick = { rebalanceTimeoutMs: 800 };
  await a.join(quick);
  const joinsB = b.join(quick);
  await untilState(side, 'nosync', 'PreparingRebalance');
  await Promise.all([a.join(quick), joinsB]);
  await a.sync({ [a.memberId]: 'left', [b.memberId]: 'right' });
  await pause(1500);
  await b.heartbeat('beats without having synced');
  await a.heartbeat('beats');
}

function wish(...names: string[]): { name: string; metadata: Uint8Array }[] {
  return names.map((name) => ({ name, metadata: subscriptionTo(name) }));
}

/** The protocol that all know, by the members' votes. */
async function voting(side: Side): Promise<void> {
  const [a, b] = [new Member(side, side.name('vote'), 'a'), new Member(side, side.name('vote'), 'b')];
  await a.join({ protocols: wish('first', 'second', 'third') });
  const joinsB = b.join({ protocols: wish('third', 'second') });
  await untilState(side, 'vote', 'PreparingRebalance');
  await Promise.all([a.join({ protocols: wish('first', 'second', 'third') }), joinsB]);
  await describeGroup(side, 'vote', 'vote: the choice');
}
