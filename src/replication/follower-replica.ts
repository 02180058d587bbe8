import type { Uuid } from '../base/uuid.ts';
import type { PartitionLog } from '../log/partition-log.ts';

/** What a leader tells with each answer. */
export interface LeaderMarks {
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** A replica on this broker that follows a leader elsewhere, as its fetcher uses it. */
export interface FollowerReplica {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly index: number;
  /** The leader's epoch as this broker knows it. */
  readonly leaderEpoch: number;
  readonly log: PartitionLog;
  /** Stages what the leader sent; written at the end of the turn. Throws Malformed and DiskError. */
  appendAsFollower(batches: Uint8Array, nowMs: number): void;
  /** Cuts the log, which parted from the leader's at `offset`. Throws DiskError. */
  truncateTo(offset: number): void;
  /** Starts anew at `offset`: the leader no longer has what would come next. Throws DiskError. */
  restartAt(offset: number): void;
  /** Takes over how far the leader's records are committed, and where its log starts. */
  leaderMoved(marks: LeaderMarks): void;
}

/**
 * Where a follower's log has to be cut when the leader says that its records of `epoch` and before end at `endOffset`
 * (KIP-101, 279; AbstractFetcherThread.getOffsetTruncationState). When this log does not know that epoch, it is cut where
 * the newest older one ends, and the next answer says more.
 */
export function truncationPoint(log: PartitionLog, diverging: { epoch: number; endOffset: number }): number {
  const own = log.endOffsetForEpoch(diverging.epoch);
  if (own.endOffset < 0) return Math.min(diverging.endOffset, log.logEndOffset);
  if (own.epoch !== diverging.epoch) return Math.min(own.endOffset, log.logEndOffset);
  return Math.min(own.endOffset, diverging.endOffset, log.logEndOffset);
}
