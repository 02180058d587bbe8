import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  isReassigning,
  NO_LEADER,
  withElection,
  withInSync,
  withoutBrokers,
  withoutEligible,
  withoutReassignment,
  withReassignment,
  type TransitionRules,
} from '../../src/metadata/partition-transition.ts';
import type { PartitionRecord } from '../../src/metadata/records.ts';

const NOBODY: ReadonlySet<number> = new Set();

function given(parts: Partial<PartitionRecord> = {}): PartitionRecord {
  return {
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch: 9,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    recovering: false,
    ...parts,
  };
}

function rules(live: readonly number[], how: Partial<TransitionRules> = {}): TransitionRules {
  return { minIsr: 2, isElrEnabled: true, isUncleanAllowed: false, mayLead: (id) => live.includes(id), ...how };
}

/** What a transition changed, epochs as steps. */
function changes(before: PartitionRecord, after: PartitionRecord | 'unclean' | undefined): Record<string, unknown> {
  assert.ok(after !== undefined && after !== 'unclean');
  assert.equal(after.partitionEpoch, before.partitionEpoch + 1);
  const changed: Record<string, unknown> = { leaderEpoch: after.leaderEpoch - before.leaderEpoch };
  for (const name of [
    'leader',
    'replicas',
    'isr',
    'elr',
    'lastKnownElr',
    'adding',
    'removing',
    'recovering',
  ] as const) {
    if (JSON.stringify(after[name]) !== JSON.stringify(before[name])) changed[name] = after[name];
  }
  return changed;
}

suite("a leader's change of the in-sync set", () => {
  test('shrinking moves no leader epoch; below the minimum who is dropped stays eligible', () => {
    const record = given();
    assert.deepEqual(changes(record, withInSync(record, [1, 2], { minIsr: 2, isElrEnabled: true })), {
      leaderEpoch: 0,
      isr: [1, 2],
    });
    assert.deepEqual(changes(record, withInSync(record, [1], { minIsr: 2, isElrEnabled: true })), {
      leaderEpoch: 0,
      isr: [1],
      elr: [2, 3],
    });
  });

  test('with enough in sync again nobody else is eligible', () => {
    const record = given({ isr: [1], elr: [2, 3], lastKnownElr: [] });
    assert.deepEqual(changes(record, withInSync(record, [1, 3], { minIsr: 2, isElrEnabled: true })), {
      leaderEpoch: 0,
      isr: [1, 3],
      elr: [],
    });
    const still = withInSync(record, [1, 3], { minIsr: 3, isElrEnabled: true })!;
    assert.deepEqual([still.isr, still.elr], [[1, 3], [2]], 'two lists that share nobody');
  });

  test('a topic that asks for more than its replicas gets what it has', () => {
    const record = given({ replicas: [1, 2], isr: [1], elr: [2] });
    assert.deepEqual(changes(record, withInSync(record, [1, 2], { minIsr: 5, isElrEnabled: true })), {
      leaderEpoch: 0,
      isr: [1, 2],
      elr: [],
    });
  });

  test('it says that an unclean election is recovered from; the same again is no change', () => {
    const record = given({ isr: [1], recovering: true });
    assert.deepEqual(changes(record, withInSync(record, [1], { minIsr: 1, isElrEnabled: true })), {
      leaderEpoch: 0,
      recovering: false,
    });
    assert.equal(withInSync(given(), [1, 2, 3], { minIsr: 2, isElrEnabled: true }), undefined);
    assert.throws(() => withInSync(record, [2], { minIsr: 1, isElrEnabled: true }));
    assert.throws(() => withInSync(record, [1, 4], { minIsr: 1, isElrEnabled: true }));
  });
});

function fence(record: PartitionRecord, ids: readonly number[], how: TransitionRules): PartitionRecord | undefined {
  return withoutBrokers(record, { fenced: new Set(ids), unclean: NOBODY }, how);
}

function crash(record: PartitionRecord, ids: readonly number[], how: TransitionRules): PartitionRecord | undefined {
  return withoutBrokers(record, { fenced: NOBODY, unclean: new Set(ids) }, how);
}

function without(live: readonly number[], minIsr = 2): TransitionRules {
  return rules(live, { minIsr, isElrEnabled: false });
}

suite('without the feature of eligible replicas', () => {
  test('nobody outside the set is eligible', () => {
    const record = given();
    assert.deepEqual(changes(record, withInSync(record, [1], without([1]))), { leaderEpoch: 0, isr: [1] });
    assert.deepEqual(changes(record, fence(record, [1, 2], without([3]))), { leaderEpoch: 1, leader: 3, isr: [3] });
  });

  test('the last ones in sync stay so while they are gone, and lead when they are back', () => {
    const record = given({ isr: [1, 2] });
    const gone = fence(record, [1, 2], without([3]))!;
    assert.deepEqual(changes(record, gone), { leaderEpoch: 1, leader: NO_LEADER });
    const back = withElection(gone, 'any', without([2, 3]))!;
    assert.deepEqual(changes(gone, back), { leaderEpoch: 1, leader: 2 });
  });

  test('who was eligible before it was taken back is so until the next change, or while nobody else is left', () => {
    const led = given({ isr: [1], elr: [2, 3] });
    assert.equal(withElection(led, 'any', without([1])), undefined);
    assert.deepEqual(changes(led, withInSync(led, [1, 2], without([1, 2], 3))), {
      leaderEpoch: 0,
      isr: [1, 2],
      elr: [],
    });
    const lost = given({ leader: NO_LEADER, isr: [], elr: [3], lastKnownElr: [3] });
    assert.deepEqual(changes(lost, withElection(lost, 'any', without([3]))), {
      leaderEpoch: 1,
      leader: 3,
      isr: [3],
      elr: [],
    });
  });
});

suite('brokers that go', () => {
  test('a follower: no new leader epoch', () => {
    const record = given();
    assert.deepEqual(changes(record, fence(record, [3], rules([1, 2]))), { leaderEpoch: 0, isr: [1, 2] });
  });

  test('the leader: the first in sync in the order of the replicas follows', () => {
    const record = given({ replicas: [1, 3, 2] });
    assert.deepEqual(changes(record, fence(record, [1], rules([2, 3]))), { leaderEpoch: 1, leader: 3, isr: [2, 3] });
  });

  test('the last one: no leader, and it is eligible and known', () => {
    const record = given({ isr: [1] });
    const gone = { leaderEpoch: 1, leader: NO_LEADER, isr: [], elr: [1], lastKnownElr: [1] };
    assert.deepEqual(changes(record, fence(record, [1], rules([2, 3], { minIsr: 1 }))), gone);
  });

  test('the last one while others are eligible: one of them leads, and starts the set in sync anew', () => {
    const record = given({ isr: [1], elr: [2, 3] });
    const change = { leaderEpoch: 1, leader: 3, isr: [3], elr: [1, 2] };
    assert.deepEqual(changes(record, fence(record, [1], rules([3]))), change);
  });

  test('with a crash it is eligible no more; the last of all is remembered as the last known', () => {
    const record = given({ isr: [1], elr: [2] });
    assert.deepEqual(changes(record, crash(record, [2], rules([1]))), { leaderEpoch: 0, elr: [] });
    const last = given({ isr: [1] });
    const gone = { leaderEpoch: 1, leader: NO_LEADER, isr: [], lastKnownElr: [1] };
    assert.deepEqual(changes(last, crash(last, [1], rules([2, 3]))), gone);
  });

  test('an election at the cost of records is made only where the topic allows it', () => {
    const record = given({ isr: [1] });
    const unclean = { leaderEpoch: 1, leader: 2, isr: [2], recovering: true };
    assert.deepEqual(
      changes(record, fence(record, [1], rules([2, 3], { minIsr: 1, isUncleanAllowed: true }))),
      unclean,
    );
  });
});

suite('elections', () => {
  test('who is eligible leads while nobody is in sync, and only then', () => {
    const record = given({ leader: NO_LEADER, isr: [], elr: [2, 3] });
    const change = { leaderEpoch: 1, leader: 3, isr: [3], elr: [2] };
    assert.deepEqual(changes(record, withElection(record, 'any', rules([1, 3]))), change);
    const other = given({ leader: NO_LEADER, isr: [1], elr: [2, 3] });
    assert.equal(withElection(other, 'any', rules([2, 3])), undefined);
  });

  test('the last known leader leads when nobody is eligible, and recovers', () => {
    const record = given({ leader: NO_LEADER, isr: [], lastKnownElr: [2] });
    const change = { leaderEpoch: 1, leader: 2, isr: [2], lastKnownElr: [], recovering: true };
    assert.deepEqual(changes(record, withElection(record, 'any', rules([1, 2, 3]))), change);
    assert.equal(withElection(record, 'any', rules([1, 3])), undefined);
  });

  test('the preferred one leads if it is in sync and live; else nothing changes', () => {
    const record = given({ leader: 2 });
    assert.deepEqual(changes(record, withElection(record, 'preferred', rules([1, 2, 3]))), {
      leaderEpoch: 1,
      leader: 1,
    });
    assert.equal(withElection(record, 'preferred', rules([2, 3])), undefined);
    assert.equal(withElection(given({ leader: 2, isr: [2, 3] }), 'preferred', rules([1, 2, 3])), undefined);
  });
});

suite('reassignments', () => {
  test('grow first, and are complete once what is added is in sync', () => {
    const record = given({ replicas: [1, 2], isr: [1, 2] });
    const growing = withReassignment(record, [2, 3], rules([1, 2, 3]))!;
    assert.deepEqual(changes(record, growing), {
      leaderEpoch: 0,
      replicas: [2, 3, 1],
      adding: [3],
      removing: [1],
    });
    assert.equal(withElection(growing, 'any', rules([1, 2, 3])), undefined, 'not before it has caught up');
    const caughtUp = withInSync(growing, [1, 2, 3], { minIsr: 2, isElrEnabled: true })!;
    assert.deepEqual([isReassigning(caughtUp), caughtUp.replicas], [true, [2, 3, 1]], 'a leader does not complete it');
    assert.deepEqual(changes(caughtUp, withElection(caughtUp, 'any', rules([1, 2, 3]))), {
      leaderEpoch: 1,
      leader: 2,
      replicas: [2, 3],
      isr: [2, 3],
      adding: [],
      removing: [],
    });
  });

  test('wait until enough of those that stay are in sync', () => {
    const record = given({ replicas: [1, 2, 3], isr: [1, 2], removing: [1] });
    assert.equal(withElection(record, 'any', rules([1, 2, 3])), undefined);
    assert.notEqual(withElection(record, 'any', rules([1, 2, 3], { minIsr: 1 })), undefined);
  });

  test('a mere change of order is done at once, under the same leader', () => {
    const record = given();
    assert.deepEqual(changes(record, withReassignment(record, [3, 2, 1], rules([1, 2, 3]))), {
      leaderEpoch: 0,
      replicas: [3, 2, 1],
    });
    assert.equal(withReassignment(record, [1, 2, 3], rules([1, 2, 3])), undefined);
  });

  test('cancelled they go back, at the cost of records only where the topic allows it', () => {
    const record = given({ leader: 2, replicas: [3, 1, 2], isr: [1, 2, 3], adding: [3], removing: [1] });
    assert.deepEqual(changes(record, withoutReassignment(record, rules([1, 2, 3]))), {
      leaderEpoch: 1,
      replicas: [1, 2],
      isr: [1, 2],
      adding: [],
      removing: [],
    });
    const lone = given({ leader: 3, replicas: [3, 1], isr: [3], adding: [3] });
    assert.equal(withoutReassignment(lone, rules([1, 3])), 'unclean');
    const allowed = withoutReassignment(lone, rules([1, 3], { minIsr: 1, isUncleanAllowed: true }));
    assert.deepEqual(changes(lone, allowed), {
      leaderEpoch: 1,
      leader: 1,
      replicas: [1],
      isr: [1],
      adding: [],
      recovering: true,
    });
  });
});

test('another minimum makes nobody eligible', () => {
  const record = given({ isr: [1], elr: [2], lastKnownElr: [3] });
  assert.deepEqual(changes(record, withoutEligible(record)), { leaderEpoch: 0, elr: [], lastKnownElr: [] });
  assert.equal(withoutEligible(given()), undefined);
});
