import { WindowedSum, type RateWindows } from '../base/windowed-sum.ts';

const MS_PER_SECOND = 1000;

/** Of a topic's partitions those whose replica on this broker is throttled. */
export type ThrottledReplicas = ReadonlySet<number> | 'all';

/** Replicas of `brokerId` in a topic setting such as `leader.replication.throttled.replicas`: entries `partition:broker`, or `*`. */
export function parseThrottledReplicas(entries: readonly string[], brokerId: number): ThrottledReplicas {
  const partitions = new Set<number>();
  for (const entry of entries) {
    if (entry === '*') return 'all';
    const [partition, broker] = entry.split(':');
    if (broker !== undefined && Number(broker) === brokerId) partitions.add(Number(partition));
  }
  return partitions;
}

export interface ReplicationQuotaOptions {
  /** Bytes per second; Infinity for no limit. */
  readonly limitPerSecond: () => number;
  readonly windows: RateWindows;
  /** Whether the topic's settings name the replica that this broker has of the partition. */
  readonly isNamed: (topic: string, index: number) => boolean;
}

/**
 * What throttled replicas of a broker may send, or fetch, for replication (ReplicationQuotaManager). All traffic of the
 * replicas that are named counts, but only what is not in sync is held back, lest the throttle costs a follower its place.
 * Costs one comparison while there is no limit.
 */
export class ReplicationQuota {
  readonly #options: ReplicationQuotaOptions;
  readonly #counted: WindowedSum;

  constructor(options: ReplicationQuotaOptions) {
    this.#options = options;
    this.#counted = new WindowedSum(options.windows);
  }

  isThrottled(topic: string, index: number): boolean {
    const { limitPerSecond, isNamed } = this.#options;
    return limitPerSecond() < Infinity && isNamed(topic, index);
  }

  /** Counts bytes of a throttled replica. */
  record(bytes: number, nowMs: number): void {
    this.#counted.add(bytes, nowMs);
  }

  /** Whether more than the limit went through, over the windows that there have been (SimpleRate). */
  isExceeded(nowMs: number): boolean {
    const limit = this.#options.limitPerSecond();
    if (limit === Infinity) return false;
    const { sum, sinceMs } = this.#counted.total(nowMs);
    const elapsedMs = Math.max(this.#options.windows.windowMs, nowMs - sinceMs);
    return (sum / elapsedMs) * MS_PER_SECOND > limit;
  }
}
