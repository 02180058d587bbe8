import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MemberState, newConsumerMember, type ConsumerMember } from '../../../src/coordinator/group/consumer-member.ts';
import { reconcile, type Reconciliation } from '../../../src/coordinator/group/consumer-reconciliation.ts';

const T = 'AAAAAAAAAAAAAAAAAAAAAQ';

function epochs(partitions: readonly number[], epoch: number): ConsumerMember['assigned'] {
  return partitions.length === 0 ? new Map() : new Map([[T, new Map(partitions.map((each) => [each, epoch]))]]);
}

function partitionsOf(assignment: ConsumerMember['assigned']): number[] {
  return [...(assignment.get(T)?.keys() ?? [])].toSorted((a, b) => a - b);
}

interface Given extends Partial<Omit<Reconciliation, 'member' | 'target' | 'owned' | 'isOwned'>> {
  readonly has: readonly number[];
  readonly wants: readonly number[];
  readonly taken?: readonly number[];
  readonly says?: readonly number[] | null;
  readonly member?: Partial<ConsumerMember>;
}

function next({ has, wants, taken = [], says = null, member, ...more }: Given): ConsumerMember {
  return reconcile({
    member: { ...newConsumerMember('m'), epoch: 5, previousEpoch: 4, assigned: epochs(has, 5), ...member },
    targetEpoch: 6,
    target: new Map([[T, wants]]),
    subscribedTopicIds: new Set([T]),
    hasNewSubscription: false,
    owned: says === null ? null : [{ topicId: T, partitions: says }],
    isOwned: (_, partition) => has.includes(partition) || taken.includes(partition),
    ...more,
  });
}

test('a member of the target epoch that has everything stays as it is', () => {
  const member = { ...newConsumerMember('m'), epoch: 6, assigned: epochs([0, 1], 6) };
  assert.deepEqual(next({ has: [0, 1], wants: [2], member }), member);
});

test('what it is not to have is given back before anything else', () => {
  const after = next({ has: [0, 1], wants: [1, 2] });
  assert.equal(after.state, MemberState.unrevokedPartitions);
  assert.equal(after.epoch, 5, 'it stays in its epoch');
  assert.deepEqual(partitionsOf(after.assigned), [1]);
  assert.deepEqual(partitionsOf(after.pendingRevocation), [0]);
});

test('it goes on once it no longer says that it holds what it gave back', () => {
  const member = {
    state: MemberState.unrevokedPartitions,
    assigned: epochs([1], 5),
    pendingRevocation: epochs([0], 5),
  };
  assert.equal(next({ has: [0, 1], wants: [1, 2], member }).epoch, 5, 'it says nothing');
  assert.equal(next({ has: [0, 1], wants: [1, 2], member, says: [0, 1] }).epoch, 5, 'it still has it');
  const after = next({ has: [0, 1], wants: [1, 2], member, says: [1] });
  assert.equal(after.epoch, 6);
  assert.equal(after.previousEpoch, 5);
  assert.equal(after.state, MemberState.stable);
  assert.deepEqual(
    [...after.assigned.get(T)!],
    [
      [1, 5],
      [2, 6],
    ],
  );
});

test('a member that has given back before it was asked goes on at once', () => {
  const after = next({ has: [0, 1], wants: [2], says: [] });
  assert.equal(after.state, MemberState.stable);
  assert.deepEqual(partitionsOf(after.assigned), [2]);
});

test('what another still holds is waited for, in the new epoch', () => {
  const after = next({ has: [0], wants: [0, 1, 2], taken: [1] });
  assert.equal(after.state, MemberState.unreleasedPartitions);
  assert.equal(after.epoch, 6);
  assert.deepEqual(partitionsOf(after.assigned), [0, 2]);
  const later = next({ has: [0, 2], wants: [0, 1, 2], member: after });
  assert.equal(later.state, MemberState.stable);
  assert.deepEqual(partitionsOf(later.assigned), [0, 1, 2]);
});

test('what it is to give back and shall have again is not waited for', () => {
  const member = {
    state: MemberState.unrevokedPartitions,
    assigned: epochs([1], 5),
    pendingRevocation: epochs([0], 5),
  };
  const after = next({ has: [0, 1], wants: [0, 1], member, says: [1] });
  assert.equal(after.state, MemberState.stable);
  assert.deepEqual(partitionsOf(after.assigned), [0, 1]);
});

test('a topic that it no longer reads goes before there is a new target', () => {
  const member = { ...newConsumerMember('m'), epoch: 6, assigned: epochs([0, 1], 6) };
  const given = { has: [0, 1], wants: [0, 1], member, hasNewSubscription: true, subscribedTopicIds: new Set<string>() };
  const after = next(given);
  assert.equal(after.state, MemberState.unrevokedPartitions);
  assert.deepEqual(partitionsOf(after.assigned), []);
  assert.deepEqual(partitionsOf(after.pendingRevocation), [0, 1]);
  const quick = next({ ...given, says: [] });
  assert.equal(quick.state, MemberState.stable);
  assert.deepEqual(partitionsOf(quick.pendingRevocation), []);
});

test('whatever the case: a member that does as told ends with its target, and never gets what another holds', () => {
  const some = fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 8 });
  fc.assert(
    fc.property(some, some, some, (has, wants, others) => {
      const taken = new Set(others.filter((partition) => !has.includes(partition)));
      let member: ConsumerMember = { ...newConsumerMember('m'), epoch: 1, assigned: epochs(has, 1) };
      for (let step = 0; step < 6; step++) {
        if (step === 3) taken.clear();
        const held = [...partitionsOf(member.assigned), ...partitionsOf(member.pendingRevocation)];
        member = reconcile({
          member,
          targetEpoch: 2,
          target: new Map([[T, wants]]),
          subscribedTopicIds: new Set([T]),
          hasNewSubscription: false,
          owned: [{ topicId: T, partitions: partitionsOf(member.assigned) }],
          isOwned: (_, partition) => held.includes(partition) || taken.has(partition),
        });
        assert.ok(partitionsOf(member.assigned).every((partition) => !taken.has(partition)));
      }
      assert.equal(member.state, MemberState.stable);
      assert.deepEqual(
        partitionsOf(member.assigned),
        wants.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 500 },
  );
});
