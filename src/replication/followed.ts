import type { FollowerReplica } from './follower-replica.ts';

/** One replica that is followed, and what the leader's session knows of it. */
export interface Followed {
  readonly replica: FollowerReplica;
  /** The epoch that the last request named, and which request that was: answers to earlier ones are void. */
  askedEpoch: number;
  askedIn: number;
  /** Where the replica's log started when the last request told of it. */
  askedLogStart: number;
  isInSession: boolean;
  /** Its offset or epoch moved since the session was told. */
  isDirty: boolean;
  delayedUntilMs: number;
  failures: number;
  /** Where its log ends when what was staged is written. */
  expectedEnd: number;
  /** As the leader told last; -1 before it did. */
  leaderHighWatermark: number;
}

/** What is staged or not synced yet must not be acknowledged. */
export function isSettled({ log }: FollowerReplica): boolean {
  return log.isOffline || log.settledEndOffset >= log.logEndOffset;
}

/** Whether it has all that the leader told to be committed. */
export function isInSync({ leaderHighWatermark, replica }: Followed): boolean {
  return leaderHighWatermark >= 0 && replica.log.logEndOffset >= leaderHighWatermark;
}

/** Whether one of `count` replicas may be fetched now, and when the next of those that have to wait may; `news` has all that wait. */
export function readiness(
  count: number,
  news: Iterable<Followed>,
  nowMs: number,
): { readonly isAnyReady: boolean; readonly nextDelayedMs: number } {
  let nextDelayedMs = Number.POSITIVE_INFINITY;
  let ready = count;
  for (const { delayedUntilMs } of news) {
    if (delayedUntilMs <= nowMs) continue;
    nextDelayedMs = Math.min(nextDelayedMs, delayedUntilMs);
    ready--;
  }
  return { isAnyReady: ready > 0, nextDelayedMs };
}

export function replicaKey({ topicId, index }: { readonly topicId: string; readonly index: number }): string {
  return `${topicId}/${index}`;
}
