import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaderTerm, REJOIN_AFTER_MS, type TermView } from '../../src/replication/leader-term.ts';

const LEADER = 1;
const LAG_MAX_MS = 10_000;

/** What a term looks at: everybody may be in sync, and the watermark is at the end. */
function view(changes: Partial<TermView> = {}): TermView {
  return {
    highWatermark: 100,
    leaderEndOffset: 100,
    nowMs: 0,
    lagMaxMs: LAG_MAX_MS,
    isEligible: () => true,
    ...changes,
  };
}

/** A leader of three replicas with an end at 100, at the start of its term. */
function given(inSync: readonly number[] = [1, 2, 3]) {
  const term = new LeaderTerm({
    brokerId: LEADER,
    leaderEpoch: 5,
    startOffset: 100,
    replicas: [1, 2, 3],
    inSync,
    nowMs: 0,
  });
  const fetched = (
    brokerId: number,
    offset: number,
    { nowMs = 0, end = 100, logStartOffset = 0 }: { nowMs?: number; end?: number; logStartOffset?: number } = {},
  ): boolean =>
    term.fetched({ brokerId, brokerEpoch: 70 + brokerId, offset, logStartOffset, contact: { fetchedMs: nowMs } }, end);
  const wanted = (changes: Partial<TermView> = {}) => term.wanted(view(changes))?.map(({ brokerId }) => brokerId);
  return { term, fetched, wanted };
}

test('a follower in sync that stops fetching leaves the set after the lag time, and not before', () => {
  const { fetched, wanted } = given();
  fetched(2, 100);
  fetched(3, 100);
  assert.equal(wanted({ leaderEndOffset: 110, nowMs: LAG_MAX_MS }), undefined);
  fetched(2, 110, { nowMs: LAG_MAX_MS, end: 110 });
  assert.deepEqual(wanted({ leaderEndOffset: 110, nowMs: LAG_MAX_MS + 1 }), [1, 2]);
});

test('a follower that is always a little behind but reaches each earlier end keeps up', () => {
  const { fetched, wanted } = given();
  for (let nowMs = 0, end = 100; nowMs <= 5 * LAG_MAX_MS; nowMs += 1000, end += 10) {
    // It asks for what was the end when it asked last.
    fetched(2, end - 10, { nowMs, end });
    fetched(3, end, { nowMs, end });
    assert.equal(wanted({ leaderEndOffset: end, nowMs }), undefined, `at ${nowMs}`);
  }
});

test('a follower joins once it has what is committed and the end of the terms before', () => {
  const { fetched, wanted } = given([1, 2]);
  fetched(3, 99);
  assert.equal(wanted({ highWatermark: 50 }), undefined, 'the term began at 100');
  fetched(3, 100);
  assert.deepEqual(wanted({ highWatermark: 50 }), [1, 2, 3]);
});

test('nobody joins who is fenced, stopping, or registered anew since it fetched', () => {
  const { fetched, wanted } = given([1, 2]);
  fetched(3, 100);
  assert.equal(wanted({ isEligible: () => false }), undefined);
  assert.equal(wanted({ isEligible: (_id, epoch) => epoch === 74 }), undefined);
  assert.deepEqual(wanted({ isEligible: (_id, epoch) => epoch === 73 }), [1, 2, 3]);
});

test('while a proposal is under way both sets count, and no other is made', () => {
  const { term, fetched, wanted } = given([1, 2]);
  fetched(3, 100);
  const members = [
    { brokerId: 1, brokerEpoch: 71 },
    { brokerId: 3, brokerEpoch: 73 },
  ];
  term.propose(members);
  assert.equal(wanted(), undefined);
  assert.deepEqual(
    term.awaited(view({ isEligible: () => false })).toSorted((left, right) => left - right),
    [2, 3],
  );
  term.withdrawn([...members]);
  assert.equal(term.isProposing, true, 'that was another one');
  term.withdrawn(members);
  assert.deepEqual(term.awaited(view({ isEligible: () => false })), [2]);
});

test('a record that changed under the same epoch settles what was proposed', () => {
  const { term, fetched } = given([1, 2]);
  fetched(3, 100);
  term.propose([{ brokerId: 1, brokerEpoch: 71 }]);
  term.changed([1, 2, 3], [1, 2, 3], 5);
  assert.equal(term.isProposing, false);
  assert.deepEqual(term.inSync, [1, 2, 3]);
  assert.equal(term.endOffsets.get(3), 100, 'what is known of a follower stays');
});

test('the watermark waits for a follower that is caught up and about to join', () => {
  const { term, fetched } = given([1]);
  fetched(2, 40);
  assert.deepEqual(term.awaited(view()), [], 'far behind');
  fetched(2, 100);
  assert.deepEqual(term.awaited(view()), [2]);
});

test('a follower that fell behind has to keep up for a while before it counts again', () => {
  const { term, fetched, wanted } = given([1, 2]);
  fetched(2, 100);
  const lateMs = LAG_MAX_MS + 1;
  assert.deepEqual(wanted({ leaderEndOffset: 200, nowMs: lateMs }), [1]);
  term.changed([1, 2, 3], [1], lateMs);
  fetched(2, 200, { nowMs: lateMs, end: 200 });
  const at = (nowMs: number) => wanted({ leaderEndOffset: 200, highWatermark: 200, nowMs });
  assert.equal(at(lateMs), undefined);
  assert.equal(at(lateMs + REJOIN_AFTER_MS - 1), undefined);
  assert.deepEqual(at(lateMs + REJOIN_AFTER_MS), [1, 2]);
});

test('a broker that is no replica, or no longer, is not heard', () => {
  const { term, fetched } = given();
  assert.equal(fetched(9, 100), false);
  term.changed([1, 2], [1, 2], 0);
  assert.equal(fetched(3, 100), false);
  assert.equal(term.endOffsets.has(3), false);
});

test('a follower of an idle partition that goes on fetching others is in sync when the leader writes again', () => {
  const { term, fetched, wanted } = given();
  fetched(3, 100);
  const contact = { fetchedMs: 0 };
  term.fetched({ brokerId: 2, brokerEpoch: 72, offset: 100, logStartOffset: 0, contact }, 100);
  contact.fetchedMs = 5 * LAG_MAX_MS;
  term.leaderGrew();
  const justAfter = { leaderEndOffset: 110, nowMs: 5 * LAG_MAX_MS + 1 };
  assert.deepEqual(wanted(justAfter), [1, 2], 'the other one has not been heard of');
  contact.fetchedMs += LAG_MAX_MS;
  const later = { leaderEndOffset: 110, nowMs: contact.fetchedMs + 1 };
  assert.deepEqual(wanted(later), [1], 'its fetches do not name what it is behind in');
});

test('the low watermark is the least log start of all that are up, and those that have not told hold it back', () => {
  const { term, fetched } = given();
  const lowWatermark = (...up: number[]): number => term.lowWatermark(60, (id) => up.includes(id));
  fetched(2, 100, { logStartOffset: 40 });
  assert.equal(lowWatermark(2, 3), -1, 'nothing is known of 3');
  fetched(3, 100, { logStartOffset: 50 });
  assert.deepEqual([lowWatermark(2, 3), lowWatermark(3), lowWatermark()], [40, 50, 60]);
});
