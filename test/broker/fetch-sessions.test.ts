import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FollowerWatch } from '../../src/broker/requests/data-waiters.ts';
import type { FetchPartition } from '../../src/broker/requests/fetch-partition.ts';
import {
  FetchSessions,
  mustTell,
  type PartitionAnswer,
  type SessionRequest,
} from '../../src/broker/requests/fetch-sessions.ts';
import type { Partition } from '../../src/broker/replicas/partition.ts';
import type { LookedAt, SessionChanges } from '../../src/broker/requests/session-changes.ts';
import { E } from '../../src/protocol/errors.ts';

const want = (topic: string, fetchOffset = 0): FetchPartition => ({
  topic,
  topicId: '',
  partition: 0,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1024,
  toldHighWatermark: -1,
  toldLogStartOffset: -1,
});

const answer = (fields: Partial<PartitionAnswer> = {}): PartitionAnswer => ({
  errorCode: 0,
  highWatermark: 10,
  logStartOffset: 0,
  recordsBytes: 0,
  isDiverging: false,
  hasPreferredReplica: false,
  ...fields,
});

function sessions(max = 2) {
  let next = 100;
  return new FetchSessions(max, () => next++);
}

const full = (partitions: FetchPartition[]) => ({
  sessionId: 0,
  sessionEpoch: 0,
  usesTopicIds: false,
  partitions,
  forgotten: [],
  follower: undefined,
});

/** Opens a session on the named topics and returns its id. */
function open(cache: FetchSessions, topics: string[], nowMs = 0): number {
  const context = cache.begin(full(topics.map((topic) => want(topic))), nowMs);
  return cache.open(
    context,
    topics.map(() => answer()),
    nowMs,
  );
}

test('a full fetch opens a session whose next fetch names only what changed', () => {
  const cache = sessions();
  const id = open(cache, ['a', 'b']);
  assert.equal(id, 100);
  const next = cache.begin({ ...full([want('b', 5)]), sessionId: id, sessionEpoch: 1 }, 1);
  assert.equal(next.error, E.NONE);
  assert.equal(next.isIncremental, true);
  assert.deepEqual(
    next.partitions.map(({ topic, fetchOffset }) => [topic, fetchOffset]),
    [
      ['a', 0],
      ['b', 5],
    ],
  );
});

test('refuses an unknown session, a wrong epoch, and names mixed with ids', () => {
  const cache = sessions();
  const id = open(cache, ['a']);
  const follow = (sessionId: number, sessionEpoch: number, usesTopicIds = false) =>
    cache.begin({ ...full([]), sessionId, sessionEpoch, usesTopicIds }, 1).error;
  assert.equal(follow(7, 1), E.FETCH_SESSION_ID_NOT_FOUND);
  assert.equal(follow(id, 2), E.INVALID_FETCH_SESSION_EPOCH);
  assert.equal(follow(id, 1, true), E.FETCH_SESSION_TOPIC_ID_ERROR);
  assert.equal(follow(id, 1), E.NONE);
});

test('the epoch counts up with each fetch', () => {
  const cache = sessions();
  const id = open(cache, ['a']);
  for (const sessionEpoch of [1, 2, 3]) {
    assert.equal(cache.begin({ ...full([]), sessionId: id, sessionEpoch }, 1).error, E.NONE);
  }
});

test('forgetting the last partition ends the session', () => {
  const cache = sessions();
  const id = open(cache, ['a']);
  const forgotten = [{ topic: 'a', topicId: '', partitions: [0] }];
  const context = cache.begin({ ...full([]), sessionId: id, sessionEpoch: 1, forgotten }, 1);
  assert.deepEqual([context.error, context.isIncremental, context.partitions.length], [E.NONE, false, 0]);
  assert.equal(cache.size, 0);
});

test('a final fetch closes the session and is served whole', () => {
  const cache = sessions();
  const id = open(cache, ['a']);
  const context = cache.begin({ ...full([want('a')]), sessionId: id, sessionEpoch: -1 }, 1);
  assert.equal(context.opensSession, false);
  assert.equal(cache.size, 0);
  assert.equal(cache.open(context, [answer()], 1), 0);
});

test('when full, only a session idle for two minutes makes room', () => {
  const cache = sessions(1);
  const first = open(cache, ['a'], 0);
  assert.equal(open(cache, ['b'], 119_999), 0);
  const second = open(cache, ['b'], 120_000);
  assert.notEqual(second, 0);
  assert.equal(
    cache.begin({ ...full([]), sessionId: first, sessionEpoch: 1 }, 120_001).error,
    E.FETCH_SESSION_ID_NOT_FOUND,
  );
});

test('an incremental answer names a partition only for news', () => {
  const partition = want('a');
  assert.equal(mustTell(partition, answer()), true, 'first watermark');
  assert.equal(mustTell(partition, answer()), false, 'nothing new');
  assert.equal(mustTell(partition, answer({ recordsBytes: 1 })), true);
  assert.equal(mustTell(partition, answer({ highWatermark: 11 })), true);
  assert.equal(mustTell(partition, answer({ highWatermark: 11, logStartOffset: 3 })), true);
  assert.equal(mustTell(partition, answer({ highWatermark: 11, logStartOffset: 3, isDiverging: true })), true);
  assert.equal(mustTell(partition, answer({ highWatermark: 11, logStartOffset: 3 })), false);
});

test('after an error the partition is told again when the error is gone', () => {
  const partition = want('a');
  mustTell(partition, answer());
  assert.equal(mustTell(partition, answer({ errorCode: 6 })), true);
  assert.equal(mustTell(partition, answer()), true);
  assert.equal(mustTell(partition, answer()), false);
});

test('partitions that had data go behind the others', () => {
  const cache = sessions();
  const id = open(cache, ['a', 'b']);
  const context = cache.begin({ ...full([]), sessionId: id, sessionEpoch: 1 }, 1);
  cache.rotate(context, [context.partitions[0]!]);
  const next = cache.begin({ ...full([]), sessionId: id, sessionEpoch: 2 }, 1);
  assert.deepEqual(
    next.partitions.map(({ topic }) => topic),
    ['b', 'a'],
  );
});

const FOLLOWER = { id: 2, epoch: 70 };

/** A partition that is read, with nothing beyond what was asked for. */
function read(wanted: FetchPartition, fields: Partial<LookedAt> = {}): LookedAt {
  return {
    wanted,
    error: E.NONE,
    highWatermark: wanted.toldHighWatermark,
    logStartOffset: wanted.toldLogStartOffset,
    slice: undefined,
    diverging: undefined,
    ...fields,
  };
}

/** A follower's session on topics whose partitions end at 0 and were looked at once. */
function followerSession(topics: string[]) {
  const cache = sessions();
  const first = cache.begin({ ...full(topics.map((topic) => want(topic))), follower: FOLLOWER }, 0);
  const id = cache.open(
    first,
    topics.map(() => answer()),
    0,
  );
  let epoch = 0;
  const fetched = (changes: Partial<SessionRequest> = {}, nowMs = 1) => {
    epoch++;
    return cache.begin({ ...full([]), sessionId: id, sessionEpoch: epoch, follower: FOLLOWER, ...changes }, nowMs)
      .changes!;
  };
  const watches = new Set<FollowerWatch>();
  const leadership = { isr: [1, FOLLOWER.id] };
  const replica = {
    log: { writtenEndOffset: 0 },
    leadership,
    watch: (watch: FollowerWatch) => {
      watches.add(watch);
      return () => watches.delete(watch);
    },
  } as unknown as Partition;
  const look = (changes: SessionChanges) => {
    const looked = changes.changed;
    for (const wanted of looked) changes.watch(wanted, replica);
    changes.settle(looked.map((wanted) => read(wanted)));
    return looked.map(({ topic }) => topic);
  };
  return { cache, id, fetched, look, watches, leadership };
}

test("a follower's fetch looks at everything once, and then at what is named or has changed", () => {
  const { fetched, look, watches } = followerSession(['a', 'b', 'c']);
  assert.deepEqual(look(fetched()), ['a', 'b', 'c']);
  assert.deepEqual(look(fetched()), []);
  assert.deepEqual(look(fetched({ partitions: [want('b', 0)] })), ['b']);
  const [, , ofC] = watches;
  ofC!.grown(10);
  assert.deepEqual(look(fetched()), ['c']);
  ofC!.marksMoved();
  assert.deepEqual(look(fetched()), ['c']);
  ofC!.changed();
  assert.deepEqual(look(fetched()), ['c']);
  assert.deepEqual(look(fetched()), []);
});

test('what could not be told of a partition stays to be told, behind the others when it had data', () => {
  const { fetched, look } = followerSession(['a', 'b']);
  look(fetched());
  const changes = fetched({ partitions: [want('a'), want('b')] });
  const [a, b] = changes.changed;
  changes.settle([read(a!, { slice: { bytes: 5 }, highWatermark: 11 }), read(b!, { highWatermark: 11 })]);
  assert.deepEqual(look(fetched()), ['b', 'a']);
});

test('a follower that is registered anew is heard of by the leaders of all partitions', () => {
  const { fetched, look } = followerSession(['a', 'b']);
  look(fetched());
  assert.deepEqual(look(fetched({ follower: { id: 2, epoch: 71 } })), ['a', 'b']);
});

test('where a follower is not in sync each of its fetches is looked at, until it is', () => {
  const { fetched, look, leadership } = followerSession(['a']);
  leadership.isr = [1];
  assert.deepEqual(look(fetched()), ['a']);
  assert.deepEqual(look(fetched()), ['a']);
  leadership.isr = [1, FOLLOWER.id];
  assert.deepEqual(look(fetched()), ['a']);
  assert.deepEqual(look(fetched()), []);
});

test('nothing is watched for a session that is over, nor what it forgot', () => {
  const { cache, id, fetched, look, watches } = followerSession(['a', 'b']);
  look(fetched());
  assert.equal(watches.size, 2);
  fetched({ forgotten: [{ topic: 'a', topicId: '', partitions: [0] }] });
  assert.equal(watches.size, 1);
  cache.close(id);
  assert.equal(watches.size, 0);
});

test('what only a waiting fetch looked at is looked at again by the next, for its leader to hear of the follower', () => {
  const { fetched, look } = followerSession(['a']);
  look(fetched());
  const changes = fetched({ partitions: [want('a')] });
  changes.served(changes.changed.map((wanted) => read(wanted)));
  assert.deepEqual(look(fetched()), ['a']);
  assert.deepEqual(look(fetched()), []);
});
