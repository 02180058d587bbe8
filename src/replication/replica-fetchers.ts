import { replicaKey } from './followed.ts';
import type { FollowerReplica } from './follower-replica.ts';
import { ReplicaFetcher, type ReplicaFetcherParts } from './replica-fetcher.ts';

/** Which leader each replica of this broker follows; one {@link ReplicaFetcher} for each leader. */
export class ReplicaFetchers {
  readonly #parts: ReplicaFetcherParts;
  readonly #fetchers = new Map<number, ReplicaFetcher>();
  readonly #leaders = new Map<string, number>();

  constructor(parts: ReplicaFetcherParts) {
    this.#parts = parts;
  }

  /** Follows `leaderId` with a replica, in place of whom it followed; to be called anew for each leader epoch. */
  follow(replica: FollowerReplica, leaderId: number): void {
    const key = replicaKey(replica);
    if (this.#leaders.get(key) !== leaderId) this.unfollow(replica);
    this.#leaders.set(key, leaderId);
    let fetcher = this.#fetchers.get(leaderId);
    if (fetcher === undefined) {
      fetcher = new ReplicaFetcher(leaderId, this.#parts);
      this.#fetchers.set(leaderId, fetcher);
    }
    fetcher.add(replica);
  }

  unfollow(replica: { readonly topicId: string; readonly index: number }): void {
    const key = replicaKey(replica);
    const leaderId = this.#leaders.get(key);
    if (leaderId === undefined) return;
    this.#leaders.delete(key);
    const fetcher = this.#fetchers.get(leaderId)!;
    fetcher.remove(replica);
    if (fetcher.size > 0) return;
    fetcher.stop();
    this.#fetchers.delete(leaderId);
  }

  stop(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.stop();
    this.#fetchers.clear();
    this.#leaders.clear();
  }
}
