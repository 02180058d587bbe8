import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClassicMember } from '../../../src/client/consumer/classic-member.ts';
import type { AssignorName } from '../../../src/client/consumer/consumer-options.ts';
import { readSubscription, writeAssignment } from '../../../src/client/consumer/embedded-metadata.ts';
import type { MemberStep } from '../../../src/client/consumer/member-step.ts';
import type { TopicPartition } from '../../../src/client/consumer/topic-partition.ts';
import { E, type ErrorSpec } from '../../../src/protocol/errors.ts';

const HEARTBEAT_MS = 3000;

function settings(assignors: readonly AssignorName[], groupInstanceId: string | null = null) {
  return {
    groupId: 'g',
    groupInstanceId,
    assignors,
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: HEARTBEAT_MS,
    rebalanceTimeoutMs: 300_000,
    retryBackoffMs: 100,
    rackId: '',
  };
}

function of(...partitions: number[]): TopicPartition[] {
  return partitions.map((partition) => ({ topic: 't', partition }));
}

/** A member and what a coordinator would say to it. */
class Play {
  readonly member: ClassicMember;
  nowMs = 0;

  constructor(assignors: readonly AssignorName[] = ['range'], groupInstanceId: string | null = null) {
    this.member = new ClassicMember(settings(assignors, groupInstanceId), ['t']);
  }

  step(): MemberStep {
    return this.member.decide(this.nowMs);
  }

  /** The request that it wants sent. */
  request(api: string) {
    const step = this.step();
    assert.equal(step.kind, 'send');
    assert.equal(step.request.api, api);
    return step.request;
  }

  does(kind: 'revoke' | 'lose' | 'assign', partitions: readonly TopicPartition[]): void {
    assert.deepEqual(this.step(), { kind, partitions });
    this.member.handled();
  }

  joined(generationId: number, error: ErrorSpec = E.NONE): void {
    const body = {
      throttleTimeMs: 0,
      errorCode: error.code,
      generationId,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: 'another',
      skipAssignment: false,
      memberId: 'me',
      members: [],
    };
    this.member.answered({ api: 'join', body }, this.nowMs);
  }

  synced(partitions: readonly TopicPartition[], error: ErrorSpec = E.NONE): void {
    const assignment = writeAssignment(partitions);
    const body = { throttleTimeMs: 0, errorCode: error.code, protocolType: null, protocolName: null, assignment };
    this.member.answered({ api: 'sync', body }, this.nowMs);
  }

  beaten(error: ErrorSpec): void {
    this.member.answered({ api: 'heartbeat', body: { throttleTimeMs: 0, errorCode: error.code } }, this.nowMs);
  }

  /** Through a whole rebalance, to what is assigned. */
  settle(generationId: number, partitions: readonly TopicPartition[], coming = partitions): void {
    this.request('join');
    this.joined(generationId);
    this.request('sync');
    this.synced(partitions);
    this.does('assign', coming);
  }

  beat(error: ErrorSpec): void {
    this.nowMs += HEARTBEAT_MS;
    this.request('heartbeat');
    this.beaten(error);
  }
}

test('a member asks for its id, joins, syncs, and beats', () => {
  const play = new Play();
  play.request('join');
  play.joined(-1, E.MEMBER_ID_REQUIRED);
  const again = play.request('join');
  assert.equal(again.api === 'join' && again.body.memberId, 'me');
  play.joined(1);
  play.request('sync');
  play.synced(of(0, 1));
  play.does('assign', of(0, 1));
  assert.deepEqual(play.step(), { kind: 'wait', untilMs: HEARTBEAT_MS });
  play.beat(E.NONE);
  assert.deepEqual(play.step(), { kind: 'wait', untilMs: 2 * HEARTBEAT_MS });
});

test('an eager member gives up all before it joins, and beats while its owner does so', () => {
  const play = new Play();
  play.settle(1, of(0, 1));
  play.beat(E.REBALANCE_IN_PROGRESS);
  assert.deepEqual(play.step(), { kind: 'revoke', partitions: of(0, 1) });
  assert.deepEqual(play.step(), { kind: 'wait', untilMs: 2 * HEARTBEAT_MS });
  play.beat(E.REBALANCE_IN_PROGRESS);
  play.member.handled();
  play.settle(2, of(0));
});

test('a cooperative member keeps what stays, gives up what went, and joins again', () => {
  const play = new Play(['cooperative-sticky']);
  play.settle(1, of(0, 1));
  play.beat(E.REBALANCE_IN_PROGRESS);
  const join = play.request('join');
  const metadata = (join.api === 'join' ? join.body.protocols[0]?.metadata : undefined) ?? new Uint8Array();
  const told = readSubscription('cooperative-sticky', { memberId: 'me', groupInstanceId: null, metadata });
  assert.deepEqual(told.owned, of(0, 1));
  assert.equal(told.generation, 1);
  play.joined(2);
  play.request('sync');
  play.synced(of(0));
  play.does('revoke', of(1));
  play.does('assign', []);
  play.settle(3, of(0), []);
  assert.equal(play.step().kind, 'wait');
});

for (const error of [E.UNKNOWN_MEMBER_ID, E.ILLEGAL_GENERATION]) {
  test(`${error.name}: all is lost, and the member joins as a new one`, () => {
    const play = new Play();
    play.settle(1, of(0));
    play.beat(error);
    play.does('lose', of(0));
    assert.equal(play.member.generationId, -1);
    const join = play.request('join');
    assert.equal(join.api === 'join' && join.body.memberId, '');
  });
}

test('a member that was taken over by another of its instance id has failed', () => {
  const play = new Play(['range'], 'static');
  play.settle(1, of(0));
  play.beat(E.FENCED_INSTANCE_ID);
  const step = play.step();
  assert.equal(step.kind === 'failed' && step.error.code, 'FENCED_INSTANCE_ID');
  assert.equal(play.member.goodbye(), undefined, 'static members do not leave');
});

test('where the coordinator moved it is looked up, after a pause', () => {
  const play = new Play();
  play.settle(1, of(0));
  play.beat(E.NOT_COORDINATOR);
  assert.equal(play.member.takeCoordinatorDoubt(), true);
  assert.equal(play.member.takeCoordinatorDoubt(), false);
  play.nowMs += HEARTBEAT_MS;
  play.request('heartbeat');
});

test('a rebalance that begins between join and sync is joined', () => {
  const play = new Play();
  play.request('join');
  play.joined(1);
  play.request('sync');
  play.synced([], E.REBALANCE_IN_PROGRESS);
  play.settle(2, of(0));
});

test('a sync whose answer was lost is followed by a join', () => {
  const play = new Play();
  play.request('join');
  play.joined(1);
  play.request('sync');
  play.member.unanswered(play.nowMs);
  assert.deepEqual(play.step(), { kind: 'wait', untilMs: 100 });
  play.nowMs = 100;
  play.request('join');
});

test('who was dropped waits until it is wanted again', () => {
  const play = new Play();
  play.settle(1, of(0));
  assert.equal(play.member.goodbye()?.api, 'leave');
  play.member.drop();
  assert.deepEqual(play.step(), { kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
  play.member.comeBack();
  play.request('join');
});
