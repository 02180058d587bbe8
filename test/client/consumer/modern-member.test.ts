import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModernMember } from '../../../src/client/consumer/modern-member.ts';
import type { TopicPartition } from '../../../src/client/consumer/topic-partition.ts';
import { E, type ErrorSpec } from '../../../src/protocol/errors.ts';

function of(...partitions: number[]): TopicPartition[] {
  return partitions.map((partition) => ({ topic: 't', partition }));
}

class Play {
  readonly member: ModernMember;
  nowMs = 0;

  constructor(groupInstanceId: string | null = null) {
    const settings = {
      groupId: 'g',
      groupInstanceId,
      serverAssignor: null,
      rebalanceTimeoutMs: 300_000,
      retryBackoffMs: 100,
      rackId: '',
      memberId: 'me',
      pattern: null,
      topicName: () => 't',
      topicId: () => 'id',
    };
    this.member = new ModernMember(settings, ['t']);
  }

  heartbeat() {
    const step = this.member.decide(this.nowMs);
    assert.equal(step.kind, 'send');
    assert.equal(step.request.api, 'consumer-heartbeat');
    return step.request.body;
  }

  answer(memberEpoch: number, partitions: readonly number[] | null = null, error: ErrorSpec = E.NONE): void {
    const assignment =
      partitions === null ? null : { topicPartitions: [{ topicId: 'id', partitions: [...partitions] }] };
    const body = {
      throttleTimeMs: 0,
      errorCode: error.code,
      errorMessage: null,
      memberId: 'me',
      memberEpoch,
      heartbeatIntervalMs: 5000,
      assignment,
    };
    this.member.answered({ api: 'consumer-heartbeat', body }, this.nowMs);
  }

  does(kind: 'revoke' | 'lose' | 'assign', partitions: readonly TopicPartition[]): void {
    assert.deepEqual(this.member.decide(this.nowMs), { kind, partitions });
    this.member.handled();
  }

  joined(): this {
    this.heartbeat();
    this.answer(1, [0, 1]);
    this.does('assign', of(0, 1));
    this.heartbeat();
    this.answer(1);
    return this;
  }
}

test('the first heartbeat says all, the next what is owned, later ones nothing', () => {
  const play = new Play();
  const first = play.heartbeat();
  assert.deepEqual([first.memberEpoch, first.subscribedTopicNames, first.topicPartitions], [0, ['t'], []]);
  play.answer(1, [0, 1]);
  play.does('assign', of(0, 1));
  const second = play.heartbeat();
  assert.deepEqual(second.topicPartitions, [{ topicId: 'id', partitions: [0, 1] }]);
  assert.equal(second.subscribedTopicNames, null);
  play.answer(1);
  assert.deepEqual(play.member.decide(0), { kind: 'wait', untilMs: 5000 });
  play.nowMs = 5000;
  assert.equal(play.heartbeat().topicPartitions, null);
});

test('what goes is let go before what comes is taken, and both are told afterwards', () => {
  const play = new Play().joined();
  play.nowMs = 5000;
  play.heartbeat();
  play.answer(1, [1, 2]);
  assert.deepEqual(play.member.decide(5000), { kind: 'revoke', partitions: of(0) });
  assert.deepEqual(play.member.decide(5000), { kind: 'wait', untilMs: 10_000 }, 'the owner takes its time');
  play.nowMs = 10_000;
  assert.equal(play.heartbeat().topicPartitions, null, 'nothing is let go yet');
  play.answer(1);
  play.member.handled();
  play.does('assign', of(2));
  assert.deepEqual(play.heartbeat().topicPartitions, [{ topicId: 'id', partitions: [1, 2] }]);
});

for (const error of [E.FENCED_MEMBER_EPOCH, E.UNKNOWN_MEMBER_ID]) {
  test(`${error.name}: all is lost, and the member joins anew once its owner knows`, () => {
    const play = new Play().joined();
    play.nowMs = 5000;
    play.heartbeat();
    play.answer(0, null, error);
    assert.deepEqual(play.member.decide(play.nowMs), { kind: 'lose', partitions: of(0, 1) });
    assert.equal(play.member.decide(play.nowMs).kind, 'wait');
    play.member.handled();
    const join = play.heartbeat();
    assert.deepEqual([join.memberEpoch, join.topicPartitions], [0, []]);
  });
}

test('after a lost answer all is said again', () => {
  const play = new Play().joined();
  play.nowMs = 5000;
  play.heartbeat();
  play.member.unanswered(play.nowMs);
  assert.equal(play.member.takeCoordinatorDoubt(), true);
  play.nowMs = 5100;
  const body = play.heartbeat();
  assert.deepEqual([body.memberEpoch, body.subscribedTopicNames], [1, ['t']]);
  assert.deepEqual(body.topicPartitions, [{ topicId: 'id', partitions: [0, 1] }]);
});

test('a member says goodbye with -1, a static one with -2', () => {
  const epochs = [new Play(), new Play('static')].map((play) => {
    const request = play.joined().member.goodbye();
    return request?.api === 'consumer-heartbeat' && request.body.memberEpoch;
  });
  assert.deepEqual(epochs, [-1, -2]);
});

test('a subscription that is refused ends the membership', () => {
  const play = new Play();
  play.heartbeat();
  play.answer(0, null, E.INVALID_REGULAR_EXPRESSION);
  const step = play.member.decide(0);
  assert.equal(step.kind === 'failed' && step.error.code, 'INVALID_REGULAR_EXPRESSION');
});
