import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FetchSessions,
  mustTell,
  type FetchPartition,
  type PartitionAnswer,
} from '../../src/broker/requests/fetch-sessions.ts';
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
