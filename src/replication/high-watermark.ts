/** What is known of the replicas of one partition by its leader. */
export interface ReplicaProgress {
  /** End of the leader's own log, as far as the flush policy counts it. */
  readonly leaderEndOffset: number;
  /** The committed in-sync set joined with the one being proposed, without the leader (KIP-497). */
  readonly inSyncFollowers: readonly number[];
  /** End offset of each follower in the current leader epoch; one that has not fetched in it is missing. */
  readonly followerEndOffsets: ReadonlyMap<number, number>;
  /** Size of the in-sync set, the leader included, and the least that lets the watermark move (KIP-966). */
  readonly inSyncCount: number;
  readonly minInSyncReplicas: number;
}

/**
 * The offset below which every in-sync replica has the log. Never goes back: a follower that is behind, or an
 * in-sync set below the minimum, leaves it at `current`.
 */
export function nextHighWatermark(current: number, progress: ReplicaProgress): number {
  if (progress.inSyncCount < progress.minInSyncReplicas) return current;
  let lowest = progress.leaderEndOffset;
  for (const follower of progress.inSyncFollowers) {
    lowest = Math.min(lowest, progress.followerEndOffsets.get(follower) ?? -1);
  }
  return Math.max(current, lowest);
}
