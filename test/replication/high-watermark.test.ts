import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextHighWatermark, type ReplicaProgress } from '../../src/replication/high-watermark.ts';

const progress = (fields: Partial<ReplicaProgress>): ReplicaProgress => ({
  leaderEndOffset: 10,
  inSyncFollowers: [],
  followerEndOffsets: new Map(),
  inSyncCount: 1,
  minInSyncReplicas: 1,
  ...fields,
});

test('follows the end of the log when the leader is alone', () => {
  assert.equal(nextHighWatermark(3, progress({})), 10);
});

test('is held back by the slowest in-sync follower and by one that has not fetched yet', () => {
  const followers = { inSyncFollowers: [2, 3], inSyncCount: 3 };
  assert.equal(
    nextHighWatermark(
      3,
      progress({
        ...followers,
        followerEndOffsets: new Map([
          [2, 9],
          [3, 7],
        ]),
      }),
    ),
    7,
  );
  assert.equal(nextHighWatermark(3, progress({ ...followers, followerEndOffsets: new Map([[2, 9]]) })), 3);
});

test('never goes back, and stands still below the minimum of in-sync replicas', () => {
  assert.equal(nextHighWatermark(12, progress({})), 12);
  assert.equal(nextHighWatermark(3, progress({ minInSyncReplicas: 2 })), 3);
});
