import type { ReplicaFetchers } from '../../replication/replica-fetchers.ts';
import type { Partition } from './partition.ts';

/** Told when this broker begins to lead a partition, under each leader epoch anew, and when it no longer does. */
export interface LeadershipListener {
  leads(topic: string, index: number): void;
  resigned(topic: string, index: number): void;
}

/** A partition's role here, under one leader epoch. */
interface Role {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly leads: boolean;
}

/**
 * What this broker is to each of its replicas: leader, or follower of whom. Starts and ends following, and tells who
 * serves from what is led (the coordinators). Changes nothing when asked again without a new leader or epoch.
 */
export class ReplicaRoles {
  readonly #fetchers: ReplicaFetchers;
  readonly #listener: LeadershipListener;
  readonly #brokerId: number;
  readonly #roles = new Map<Partition, Role>();

  constructor(brokerId: number, fetchers: ReplicaFetchers, listener: LeadershipListener) {
    this.#brokerId = brokerId;
    this.#fetchers = fetchers;
    this.#listener = listener;
  }

  /** A replica was taken up, or its leadership may have changed. */
  assign(partition: Partition): void {
    const { leader, leaderEpoch } = partition.leadership;
    const before = this.#roles.get(partition);
    if (before?.leader === leader && before.leaderEpoch === leaderEpoch) return;
    const leads = leader === this.#brokerId;
    this.#roles.set(partition, { leader, leaderEpoch, leads });
    const { topic, index } = partition;
    if (before?.leads === true) this.#listener.resigned(topic, index);
    if (leads) {
      this.#fetchers.unfollow(partition);
      this.#listener.leads(topic, index);
    } else if (leader >= 0 && !partition.log.isOffline) {
      this.#fetchers.follow(partition, leader);
    } else {
      this.#fetchers.unfollow(partition);
    }
  }

  /** The replica is gone, with its topic or to other brokers. */
  release(partition: Partition): void {
    const before = this.#roles.get(partition);
    if (before === undefined) return;
    this.#roles.delete(partition);
    this.#fetchers.unfollow(partition);
    if (before.leads) this.#listener.resigned(partition.topic, partition.index);
  }
}
